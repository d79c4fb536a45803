import { describe, expect, it } from "vitest";
import { isAppError } from "#lib/errors.ts";
import { readCluster, readNodes } from "./read-cluster.ts";
import { readSecrets, readVolumes } from "./read-secret.ts";
import { readServices } from "./read-service.ts";
import { readTasks } from "./read-task.ts";
import { specText } from "./spec.ts";

const bare = { ID: "s1", Version: { Index: 3 }, Spec: { Name: "web" } };

describe("Docker's answers", () => {
  it("are read when all that can be absent is absent", () => {
    const [service] = readServices([bare]);
    expect(service).toMatchObject({
      id: "s1",
      mode: { type: "replicated", replicas: 0 },
      restartCondition: "any",
      references: [],
      previousReferences: null,
      update: null,
      updatePolicy: { parallelism: 1, delaySeconds: 0, monitorSeconds: 5, failureAction: "pause", order: "stop-first" },
      healthCheck: null,
      user: null,
      environmentNames: [],
      tasks: { running: 0, desired: 0, completed: 0 },
    });
    expect(readSecrets([bare])).toMatchObject([{ name: "web", labels: {}, driver: null, templating: null }]);
    expect(readTasks([{ ID: "t1", Spec: {}, Status: { State: "running" } }])).toMatchObject([
      { id: "t1", slot: null, nodeId: null, exitCode: null, error: null, secretObjectIds: [] },
    ]);
    expect(readNodes([{ ID: "n1", Spec: {} }])).toMatchObject([{ role: "worker", state: "unknown", isLeader: false }]);
    expect(readCluster({ ID: "c1" }, {})).toEqual({ id: "c1", name: "", isAutolocked: false, engineVersion: "" });
  });

  it.each<[string, object | null, object, string | null]>([
    ["nothing came before", null, {}, null],
    ["it is the same as before", {}, {}, "identical"],
    [
      "it was scaled",
      { Mode: { Replicated: { Replicas: 1 } } },
      { Mode: { Replicated: { Replicas: 2 } } },
      "scale-or-force",
    ],
    ["it was restarted by force", {}, { TaskTemplate: { ForceUpdate: 2 } }, "scale-or-force"],
    ["its mode is another", { Mode: { Replicated: { Replicas: 1 } } }, { Mode: { Global: {} } }, "other"],
    ["its labels were changed", { Labels: { a: "1" } }, { Labels: { a: "2" } }, "other"],
    [
      "its environment was changed and it was scaled",
      { TaskTemplate: { ContainerSpec: { Env: ["A=1"] } }, Mode: { Replicated: { Replicas: 1 } } },
      { TaskTemplate: { ContainerSpec: { Env: ["A=2"] } }, Mode: { Replicated: { Replicas: 2 } } },
      "other",
    ],
  ])("say what a service's last update was about: %s", (_title, before, now, expected) => {
    const Spec = { Name: "web", TaskTemplate: {}, ...now };
    const previous = before && { PreviousSpec: { Name: "web", TaskTemplate: {}, ...before } };
    expect(readServices([{ ...bare, Spec, ...previous }])[0]?.lastUpdate).toBe(expected);
  });

  it("may be null where a list is empty", () => {
    for (const read of [readServices, readSecrets, readTasks, readNodes]) expect(read(null)).toEqual([]);
    expect(readVolumes({ Volumes: null, Warnings: null })).toEqual([]);
  });

  it.each([
    ["an object in place of a list", { message: "hello" }],
    ["text", "hello"],
    ["an entry that is no object", [5]],
    ["no ID", [{ ...bare, ID: undefined }]],
    ["no version", [{ ...bare, Version: {} }]],
    ["no spec", [{ ...bare, Spec: null }]],
  ])("that cannot be meant are broken answers: %s", (_title, answer) => {
    for (const read of [readServices, readSecrets]) {
      try {
        read(answer);
        expect.unreachable();
      } catch (error) {
        expect(isAppError(error, "swarm-broken-answer")).toBe(true);
      }
    }
  });

  it("with words that are new err on the side of leaving things alone", () => {
    const [service] = readServices([{ ...bare, UpdateStatus: { State: "hesitating" } }]);
    expect(service?.update?.state).toBe("updating");
    const [task] = readTasks([{ ID: "t1", Spec: {}, Status: { State: "dreaming" }, DesiredState: "awake" }]);
    expect([task?.state, task?.desiredState]).toEqual(["starting", "running"]);
  });

  it("with a service's past tell what a rollback would restore, and of one that never had secrets, nothing", () => {
    const Secrets = [{ SecretID: "o1", SecretName: "n1", File: { Name: "t", UID: "7", GID: "8", Mode: 256 } }];
    const before = { TaskTemplate: { ContainerSpec: { Secrets } } };
    const [one, other] = readServices([
      { ...bare, PreviousSpec: before },
      { ...bare, PreviousSpec: { Name: "web" } },
    ]);
    expect(one?.previousReferences).toEqual([
      { objectId: "o1", objectName: "n1", target: "t", uid: "7", gid: "8", mode: 0o400 },
    ]);
    expect(other?.previousReferences).toEqual([]);
  });

  it("keep a spec as it was, also when a list holds numbers that JavaScript cannot, and keys that it would sort", () => {
    const spec =
      '{"Name":"web","TaskTemplate":{"Resources":{"Limits":{"MemoryBytes":9007199254740993}}},"New":{"b":1.0,"10":-0,"9":"\\u2028"}}';
    const text = `[{"ID":"s1","Version":{"Index":9007199254740993},"Spec":${spec}},{"ID":"s2","Version":{"Index":4},"Spec":{"Name":"b"}}]`;
    const services = readServices(JSON.parse(text), text);
    expect(services.map((service) => specText(service.spec))).toEqual([spec, '{"Name":"b"}']);
    expect(services[0]?.versionIndex).toBe(9007199254740992);
  });

  it("tell of a health check only what the spec itself makes sure", () => {
    const withCheck = (Healthcheck: object) =>
      readServices([{ ...bare, Spec: { Name: "web", TaskTemplate: { ContainerSpec: { Healthcheck } } } }])[0]
        ?.healthCheck;
    expect(withCheck({ Test: ["NONE"] })).toBe("disabled");
    expect(withCheck({ Interval: 5e9 })).toBeNull();
    expect(withCheck({ Test: ["CMD", "x"] })).toEqual({ intervalSeconds: 30, retries: 3, startPeriodSeconds: 0 });
  });

  it("name the secrets of cluster volumes", () => {
    const ClusterVolume = { ID: "v1", Spec: { Secrets: [{ Key: "k", Secret: "o1" }] } };
    expect(readVolumes({ Volumes: [{ Name: "csi", ClusterVolume }] })).toEqual([
      { id: "v1", name: "csi", secretObjectIds: ["o1"] },
    ]);
  });

  it("give tasks' errors without the values of each task's own container", () => {
    const task = (id: string, Env: string[]) => ({
      ID: id,
      Spec: { ContainerSpec: { Env } },
      Status: { State: "failed", Err: "cannot open canary-one", ContainerStatus: { ExitCode: 2 } },
    });
    const tasks = readTasks([task("t1", ["A=canary-one"]), task("t2", ["A=canary-two"])]);
    expect(tasks.map(({ error, exitCode }) => [error, exitCode])).toEqual([
      ["cannot open [removed]", 2],
      ["cannot open canary-one", 2],
    ]);
  });
});
