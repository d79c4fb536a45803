import { describe, expect, it } from "vitest";
import { sampleService } from "#lib/swarm/sample.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { inOrder, plannedChange } from "./change.ts";
import { sampleFacts } from "./sample.ts";
import { emptyPlan, shownPlan } from "./shown.ts";

const policy = {
  parallelism: 1,
  delaySeconds: 10,
  monitorSeconds: 5,
  failureAction: "pause",
  order: "stop-first",
} as const;
const replicas = (name: string, count: number, over: Partial<ServiceObject> = {}) =>
  sampleService({ name, mode: { type: "replicated", replicas: count }, ...over });

function secondsFor(services: ServiceObject[], over: object = {}) {
  const facts = sampleFacts({ services });
  const changes = services.map((service) => plannedChange(facts, service, [], { soakSeconds: 10 }));
  return shownPlan(facts, { ...emptyPlan(facts, "rotate"), changes, ...over }).aboutSeconds;
}

describe("how long a plan takes", () => {
  it("counts batches, delays between them, and the soak", () => {
    expect(secondsFor([replicas("a", 1)])).toBe(14);
    expect(secondsFor([replicas("a", 3, { updatePolicy: policy })])).toBe(40);
    expect(secondsFor([replicas("a", 3, { updatePolicy: { ...policy, parallelism: 0 } })])).toBe(14);
    expect(secondsFor([replicas("a", 0)])).toBe(1);
  });

  it("depends on the order, and on how many move at once", () => {
    const services = ["a", "b", "c"].map((name) => replicas(name, 1));
    expect(secondsFor(services)).toBe(14);
    expect(secondsFor(services, { order: "one-by-one" })).toBe(40);
    expect(secondsFor(services, { order: "canary", canaryServiceId: "service-a" })).toBe(30);
    expect(secondsFor(services, { atMost: 1 })).toBe(40);
  });
});

describe("what a change means for a service", () => {
  it.each([
    ["stop-first", 2, 6, 4],
    ["start-first", 2, 6, 6],
    ["stop-first", 0, 6, 0],
    ["stop-first", 9, 6, 0],
  ] as const)("%s, %i at a time of %i: %i run meanwhile", (order, parallelism, count, runMeanwhile) => {
    const service = replicas("a", count, { updatePolicy: { ...policy, order, parallelism } });
    expect(plannedChange(sampleFacts({ services: [service] }), service, [])).toMatchObject({
      tasks: count,
      runMeanwhile,
    });
  });

  it("comes last when the service is Skep itself", () => {
    const skep = replicas("a-skep", 1, { labelKeys: ["io.skep.console"] });
    const facts = sampleFacts({ services: [skep, replicas("b", 1)] });
    const changes = facts.services.map((service) => plannedChange(facts, service, []));
    expect(inOrder(changes, null).map(({ serviceName }) => serviceName)).toEqual(["b", "a-skep"]);
  });
});
