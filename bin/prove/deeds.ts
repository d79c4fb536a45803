import type { Plan } from "#lib/operations/schema.ts";
import { type Document, readDocument } from "#lib/operations/witness/document.ts";
import { complaintsOf, type Deed, type ObjectEnd } from "#lib/operations/witness/expected.ts";
import type { OwnSecret } from "./scene.ts";

/** What the plan does to a service's references, and exactly the way back. */
export type Deeds = { forward: Deed; back: Deed };

/** Out of the plan and the objects that were made, not out of what the engine wrote down of its calls. */
export function deedsOf(plan: Plan, secrets: readonly OwnSecret[], made: ReadonlyMap<string, ObjectEnd>): Deeds {
  const [added] = plan.changes.flatMap(({ edits }) => edits.filter(({ edit }) => edit === "add"));
  if (added?.edit === "add" && added.to.object === "existing") {
    const { target, uid, gid, mode, to } = added;
    const { objectId, objectName } = to;
    return {
      forward: { deed: "add", end: { objectId, objectName }, target, uid, gid, mode },
      back: { deed: "take out", objectId, target },
    };
  }
  const pairs = secrets.flatMap(({ name, objectId, objectName }) => {
    const fresh = made.get(name);
    return fresh ? [{ old: { objectId, objectName }, fresh }] : [];
  });
  return {
    forward: { deed: "move", to: ({ objectId }) => pairs.find(({ old }) => old.objectId === objectId)?.fresh },
    back: { deed: "move", to: ({ objectId }) => pairs.find(({ fresh }) => fresh.objectId === objectId)?.old },
  };
}

/** Nothing where one of the deeds says all that differs; else what the nearest one leaves unsaid. */
export function complaintsAgainst(before: Document, after: Document, deeds: readonly Deed[]): string[] {
  const [nearest = []] = deeds
    .map((deed) => complaintsOf(before, after, deed))
    .toSorted((one, other) => one.length - other.length);
  return nearest;
}

export function specDocument(spec: object): Document {
  return readDocument(JSON.stringify(spec));
}
