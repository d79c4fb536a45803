import { expect, it } from "vitest";
import { canonicalBytes } from "./canonical.ts";
import { factsOf } from "./facts.ts";
import type { EventActor, EventDetail, OperationOutcome } from "./schema.ts";
import { viewOf } from "./view.ts";

const actor: EventActor = { type: "system" };

function ended(outcome: OperationOutcome) {
  const detail: EventDetail = {
    type: "operation.ended",
    kind: "rotate",
    outcome,
    secrets: [{ id: "secret-db", name: "db_password" }],
    seconds: 29,
    services: [],
    leftOut: [],
  };
  const named = { id: "event-1", at: "2026-03-01T12:00:00.000Z", clusterId: "cluster-1", operationId: "operation-1" };
  const body = canonicalBytes({ actor, detail, facts: { ...named, ...factsOf(actor, detail) } });
  return viewOf({ id: "event-1", sequence: 7n, body });
}

it("An operation that was done with some left out does not look like one that was done whole", () => {
  expect(ended("done")).toMatchObject({ outcome: "done", hasLeftOut: false });
  expect(ended("done-left-out")).toMatchObject({ outcome: "done", hasLeftOut: true });
});
