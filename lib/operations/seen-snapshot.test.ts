import { expect, it } from "vitest";
import { emptySnapshot } from "#lib/swarm/live-state.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { seenBy } from "./model/seen-by.ts";
import { seenSnapshot } from "./seen-snapshot.ts";

it("What was not seen, or is another Swarm's, is not taken for what an operation's Swarm has", async () => {
  const rehearsal = new Rehearsal();
  const operation = await rehearsal.find(await rehearsal.start(rehearsal.rotation([rehearsal.own().id], [])));
  const snapshot = await seenBy(rehearsal.model.gateway());
  expect(seenSnapshot(operation, snapshot)).toBe(snapshot);
  expect(seenSnapshot(operation, emptySnapshot)).toBeNull();
  expect(seenSnapshot(operation, { ...snapshot, asOf: null })).toBeNull();
  expect(seenSnapshot({ ...operation, clusterId: "another" }, snapshot)).toBeNull();
});
