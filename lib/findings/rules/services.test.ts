import { describe, expect, it } from "vitest";
import { sampleRecord, sampleVersion } from "#lib/grants/sample.ts";
import { sampleReference, sampleService, sampleTask } from "#lib/swarm/sample.ts";
import type { ServiceObject, TaskObject } from "#lib/swarm/schema.ts";
import { lineOf, sampleInput, sampleOperation, sampleSwarm } from "../sample.ts";
import { servicePaused, serviceShort } from "./services.ts";

const references = [sampleReference({ objectName: "db_password_v2" })];
const none = { running: 0, desired: 1, completed: 0 };
const paused = { state: "paused", startedAt: "2026-03-10T03:00:00.000Z", completedAt: null, message: "" } as const;

function inputWith(services: ServiceObject[], tasks: TaskObject[] = []) {
  return sampleInput({
    snapshot: sampleSwarm({
      services: new Map(services.map((each) => [each.id, each])),
      tasksByService: Map.groupBy(tasks, ({ serviceId }) => serviceId),
    }),
  });
}

describe("a service that holds a secret", () => {
  it("and runs no task is to be looked at now, with the last words of the task that failed last", () => {
    const cart = sampleService({ name: "cart", references, tasks: none });
    const failed = (stateAt: string, error: string) =>
      sampleTask({ id: stateAt, serviceId: cart.id, state: "failed", stateAt, error });
    const tasks = [failed("2026-03-10T11:00:00Z", "older"), failed("2026-03-10T11:59:00Z", "exit (1)")];
    const [found] = serviceShort(inputWith([cart], tasks));
    expect(found && lineOf(found)).toBe("cart is short of tasks: 0 of 1 task runs");
    expect(found).toMatchObject({
      severity: "now",
      mend: { href: "/services/service-cart" },
      hint: "Its last failing task on node-1 says: “exit (1)”.",
    });
  });

  it("and runs some of its tasks is to be looked at soon", () => {
    const cart = sampleService({ name: "cart", references, mode: { type: "replicated", replicas: 2 } });
    expect(serviceShort(inputWith([cart]))).toMatchObject([{ severity: "soon", hint: null }]);
  });

  it("and whose last update stands still is named once, with the way on and the way back", () => {
    const catalog = sampleService({ name: "catalog", references, update: paused, tasks: none });
    const [found] = servicePaused(inputWith([catalog]));
    expect(found && lineOf(found)).toBe("The last update of catalog failed and stands still: 0 of 1 task runs");
    expect(found).toMatchObject({ since: paused.startedAt, hint: expect.stringMatching(/rollback catalog`/) });
    expect(serviceShort(inputWith([catalog]))).toEqual([]);
  });

  it("and whose update gets no further is short of tasks, since the update began", () => {
    const update = {
      state: "updating",
      startedAt: "2026-03-10T11:00:00.000Z",
      completedAt: null,
      message: "",
    } as const;
    const cart = sampleService({ name: "cart", references, tasks: none, update });
    const input = inputWith([cart], [sampleTask({ serviceId: cart.id, state: "pending", error: "no suitable node" })]);
    expect(serviceShort(input)).toEqual([]);
    const [found] = serviceShort({ ...input, snapshot: { ...input.snapshot, stalled: new Set([cart.id]) } });
    expect(found && lineOf(found)).toBe("cart is short of tasks: 0 of 1 task runs, and its update gets no further");
    expect(found).toMatchObject({
      severity: "now",
      since: update.startedAt,
      hint: expect.stringContaining("no suitable node"),
    });
  });

  it("is left to the page of the operation that moves it", () => {
    const cart = sampleService({ name: "cart", references, tasks: none });
    const records = [sampleRecord({ versions: [sampleVersion("db_password", 2, "current")] })];
    const input = { ...inputWith([cart]), records };
    expect(serviceShort(input)).toHaveLength(1);
    expect(serviceShort({ ...input, operations: [sampleOperation()] })).toEqual([]);
  });

  it("is not Skep's to watch when it holds none", () => {
    const plain = sampleService({ name: "plain", tasks: none, update: paused });
    expect([...serviceShort(inputWith([plain])), ...servicePaused(inputWith([plain]))]).toEqual([]);
  });

  it("that is one of many is in one line, as pressing as the worst of them", () => {
    const short = (name: string) => sampleService({ name, references, mode: { type: "replicated", replicas: 2 } });
    const many = ["a", "b", "c", "d", "e"].map(short);
    const found = serviceShort(inputWith([...many, { ...short("f"), tasks: none }]));
    expect(found.map(lineOf)).toEqual(["6 services are short of tasks, 1 of them runs none"]);
    expect(found[0]).toMatchObject({
      severity: "now",
      mend: { label: "See 6", href: "/services?state=short&state=holds" },
    });
  });
});
