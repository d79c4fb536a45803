import "server-only";
import { long, type Shape } from "./shape.ts";

/** What newer engines have, what none has yet, and numbers that an engine of today would not give back. */
export const newerShapes: Shape[] = [
  {
    name: "app-hardened",
    isNewer: true,
    mounts: [{ of: "rotated", target: "key", mode: 0o400 }],
    container: {
      Image: "app:1",
      OomScoreAdj: -500,
      Privileges: {
        NoNewPrivileges: true,
        Seccomp: { Mode: "custom", Profile: "eyJkZWZhdWx0QWN0aW9uIjoiIn0=" },
        AppArmor: { Mode: "default" },
      },
      Healthcheck: { Test: ["CMD", "true"], StartInterval: 500_000_000 },
    },
    template: { Resources: { SwapBytes: long("9007199254740993"), MemorySwappiness: 0 } },
  },
  {
    name: "app-cluster-volume",
    isNewer: true,
    mounts: [{ of: "rotated", target: "key" }],
    container: {
      Image: "app:1",
      Mounts: [
        { Type: "cluster", Source: "group:fast", Target: "/data", ClusterOptions: {} },
        { Type: "image", Source: "assets:1", Target: "/assets", ImageOptions: { Subpath: "a/b" } },
      ],
    },
  },
  {
    name: "app-of-the-future",
    isNewer: true,
    mounts: [
      { of: "rotated", target: "key" },
      { of: "rotated", target: "key2" },
    ],
    container: {
      Image: "app:1",
      Future: { Id: long("18446744073709551615"), Ratio: long("1.0"), Small: long("1e-7"), Zero: long("-0") },
      Nothing: null,
      Empty: [],
      Object: {},
    },
    template: { AttachmentPolicy: [[], [[]], {}, null, ""], Exact: long("0.1000000000000000055511151231257827") },
    service: { Revision: long("1E3"), "": "an empty key", ключ: "значение" },
  },
  {
    name: "app-for-ever",
    isNewer: true,
    mounts: [{ of: "rotated", target: "key" }],
    container: { Image: "app:1", StopGracePeriod: long("9223372036854775807") },
    service: { UpdateConfig: { Delay: long("9223372036854775807"), MaxFailureRatio: long("1.0") } },
  },
];
