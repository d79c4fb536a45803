import "server-only";
import { failedDays, finding, type KnownOperation, type Rule, sentence } from "../input.ts";

export const operationNeedsAttention: Rule = ({ operations }) =>
  operations
    .filter(({ state }) => state === "needs-attention")
    .map((operation) =>
      finding({
        rule: "operation-needs-attention",
        severity: "now",
        since: operation.startedAt,
        ...aboutOperation(operation),
        parts: sentence`${operation.title} waits for a decision`,
        mend: { label: "Decide", href: `/operations/${operation.id}`, needs: "operation.decide" },
      }),
    );

export const operationRunning: Rule = ({ operations }) =>
  operations
    .filter(({ state }) => state === "open")
    .map((operation) =>
      finding({
        rule: operation.outage ? "operation-stands-still" : "operation-running",
        severity: "note",
        since: operation.outage?.since ?? operation.startedAt,
        ...aboutOperation(operation),
        parts: running(operation),
        hint: operation.outage?.because ?? null,
        mend: { label: "Watch", href: `/operations/${operation.id}` },
      }),
    );

/** Failed, and nothing was done with its secrets since. */
export const operationFailed: Rule = ({ operations, now }) =>
  operations
    .filter((operation) => hasFailed(operation) && !isSuperseded(operation, operations) && isRecent(operation, now))
    .map((operation) =>
      finding({
        rule: "operation-failed",
        severity: "soon",
        since: operation.endedAt,
        ...aboutOperation(operation),
        parts: [
          ...sentence`${operation.title} `,
          { text: endings[operation.outcome ?? ""] ?? "failed", isName: false },
        ],
        mend: { label: "See why", href: `/operations/${operation.id}` },
      }),
    );

const endings: Record<string, string> = {
  undone: "failed and was undone",
  "stopped-mixed": "was stopped half-way",
  "failed-nothing-changed": "failed; nothing was changed",
};

function running({ title, outage, servicesDone, servicesWanted }: KnownOperation) {
  const how = outage ? " stands still" : " is under way";
  if (servicesWanted === 0) return [...sentence`${title}`, { text: how, isName: false }];
  const done = `: ${servicesDone} of ${servicesWanted} services done`;
  return [...sentence`${title}`, { text: outage ? how + done : done, isName: false }];
}

function hasFailed({ state, outcome }: KnownOperation): boolean {
  return state === "ended" && outcome !== null && outcome in endings;
}

function isSuperseded(failed: KnownOperation, operations: readonly KnownOperation[]): boolean {
  return operations.some(
    (other) =>
      other.startedAt > failed.startedAt &&
      !hasFailed(other) &&
      other.secretIds.some((id) => failed.secretIds.includes(id)),
  );
}

function isRecent({ endedAt }: KnownOperation, now: Date): boolean {
  return endedAt !== null && now.getTime() - Date.parse(endedAt) < failedDays * 86_400_000;
}

function aboutOperation({ id, kind, secretIds, isToLeaked = false }: KnownOperation) {
  return { operationId: id, kind, isToLeaked, secretId: secretIds[0] ?? null };
}
