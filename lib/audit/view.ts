import "server-only";
import type { EventBody } from "./append.ts";
import { describeEvent } from "./describe.ts";
import type { EventFacts } from "./facts.ts";
import type { EventDetail, EventType, EventView, ShownOutcome } from "./schema.ts";

/** A row as the queries read it. */
export type EventRow = { id: string; sequence: bigint | null; body: Uint8Array };

/** What is shown comes from the sealed body alone, never from the columns beside it. */
export function viewOf(row: EventRow, openOperations: ReadonlySet<string> = new Set()): EventView {
  const { actor, detail, facts } = bodyOf(row);
  const isOpen = openOperations.has(facts.operationId ?? "");
  const sessionId = actor.type === "person" ? actor.sessionId : null;
  return {
    id: facts.id,
    sequence: Number(row.sequence ?? 0),
    at: facts.at,
    type: detail.type,
    actorName: actor.type === "outside" ? "actor unknown" : facts.actorName,
    address: "address" in actor ? actor.address : null,
    sessionShort: sessionId?.slice(0, 4) ?? null,
    parts: describeEvent(facts.actorName, actor, detail),
    outcome: beginnings.has(detail.type) ? (isOpen ? "running" : "intended") : outcomeIn(detail, facts),
    operationId: facts.operationId,
  };
}

/** What an operation began runs for as long as the operation does. */
const beginnings: ReadonlySet<EventType> = new Set<EventType>(["operation.intended", "operation.undo-began"]);

/** What an operation came to has more words than the other events have. */
function outcomeIn(detail: EventDetail, { outcome }: Pick<EventFacts, "outcome">): ShownOutcome {
  if (detail.type !== "operation.ended") return outcome;
  if (detail.outcome === "accepted") return "accepted";
  if (detail.outcome === "done-left-out") return "left-out";
  const { verification = "verified" } = detail;
  return detail.outcome === "done" && verification !== "verified" ? verification : outcome;
}

export function bodyOf(row: { body: Uint8Array }): EventBody {
  return JSON.parse(Buffer.from(row.body).toString("utf8")) as EventBody;
}
