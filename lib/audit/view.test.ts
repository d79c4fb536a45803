import { expect, it } from "vitest";
import { canonicalBytes } from "./canonical.ts";
import { factsOf } from "./facts.ts";
import type { EventActor, EventDetail, OperationOutcome, Verification } from "./schema.ts";
import { viewOf } from "./view.ts";

const actor: EventActor = { type: "system" };

function ended(outcome: OperationOutcome, verification: Verification = "verified") {
  const detail: EventDetail = {
    type: "operation.ended",
    kind: "rotate",
    outcome,
    secrets: [{ id: "secret-db", name: "db_password" }],
    seconds: 29,
    services: [],
    leftOut: [],
    verification,
  };
  const named = { id: "event-1", at: "2026-03-01T12:00:00.000Z", clusterId: "cluster-1", operationId: "operation-1" };
  const body = canonicalBytes({ actor, detail, facts: { ...named, ...factsOf(actor, detail) } });
  return viewOf({ id: "event-1", sequence: 7n, body });
}

it("An operation that was done with some left out does not look like one that was done whole", () => {
  expect(ended("done").outcome).toBe("done");
  expect(ended("done-left-out").outcome).toBe("left-out");
});

it("What nobody could verify, and what a person left as it was, do not look like what was done", () => {
  expect(ended("done", "running-not-verified").outcome).toBe("running-not-verified");
  expect(ended("done", "unverified-asleep").outcome).toBe("unverified-asleep");
  expect(ended("accepted").outcome).toBe("accepted");
  expect(ended("stopped-mixed").outcome).toBe("mixed");
});
