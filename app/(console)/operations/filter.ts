import { type Query, textIn } from "#components/filters/query.ts";
import { operationStates } from "#components/operation-status.tsx";
import { operationKinds, operationVerbs } from "#lib/policy/schema.ts";

/** The names under which the address keeps them. */
export const filterNames = ["q", "kind", "state"] as const;

export const kinds = operationKinds.map((kind) => [kind, operationVerbs[kind].replace(/ of$/, "")] as const);

/** What the address asks for; what is no kind and no state filters nothing. */
export function filterIn(query: Query) {
  const asked = operationStates.find(([value]) => value === textIn(query, "state"))?.[0];
  const search = textIn(query, "q").trim() || undefined;
  const kind = operationKinds.find((each) => each === textIn(query, "kind"));
  if (asked === undefined) return { search, kind };
  if (asked === "open" || asked === "needs-attention") return { search, kind, state: asked };
  if (asked === "running-not-verified" || asked === "unverified-asleep") return { search, kind, unverified: asked };
  return { search, kind, outcome: asked };
}
