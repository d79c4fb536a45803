import "server-only";
import type { OperationOutcome } from "#lib/audit/schema.ts";
import { isAppError } from "#lib/errors.ts";
import { logOf } from "#lib/log.ts";
import type { SecretValue } from "#lib/value.ts";
import { takeUp, type Work } from "./advance.ts";
import { isClosed, type StepName, stepsNamed } from "./ledger.ts";
import { DirectionChanged } from "./pass.ts";
import type { Ports } from "./ports.ts";
import type { RequestValues } from "./request-values.ts";
import type { OperationState } from "./schema.ts";
import { steps } from "./steps.ts";
import type { Leased } from "./store-port.ts";

export type Started = {
  id: string;
  state: OperationState;
  outcome: OperationOutcome | null;
  /** Generated values that the person is to see once; there only when the Swarm has them. Forget them after use. */
  shown: readonly ShownValue[];
};

export type ShownValue = { secretName: string; value: SecretValue };

/** Moving services and removing objects takes time that a request has not got: that is the workers'. */
const workersOwn: ReadonlySet<StepName> = new Set(["move", "undo", "remove", "release"]);
const allButCreate = new Set((Object.keys(steps) as StepName[]).filter((name) => name !== "create"));

/** How long a person waits for the Swarm to take her value, before she is told to enter it again. */
const patienceSeconds = 20;

/**
 * R1: the part of an operation that only the request can do. Once the Swarm has the value and Postgres knows that the
 * person gets it, she does, whatever fails afterwards: the operation goes on without this request.
 */
export async function workInRequest(
  leased: Leased,
  values: RequestValues,
  { ports, pause }: { ports: Ports; pause: (seconds: number) => Promise<void> },
): Promise<Started> {
  const work = takeUp(leased, ports, { values });
  const end = ports.clock.now().getTime() + patienceSeconds * 1000;
  async function carryOn(before: ReadonlySet<StepName>): Promise<number | null> {
    for (;;) {
      const progress = await work.goOn(before);
      if (progress.state !== "open") return null;
      const isOver = ports.clock.now().getTime() >= end || work.operation.direction !== "forward";
      if (progress.waitSeconds === 0 || isOver || madeBy(work) !== null) return 0;
      await pause(progress.waitSeconds);
    }
  }
  await carryOn(allButCreate);
  const made = madeBy(work);
  const isHandedOver = made !== null && made.length > 0 && (await handOver(work));
  const { id } = work.operation;
  try {
    await ports.store.release(leased.lease, await carryOn(workersOwn));
  } catch (error) {
    if (!isHandedOver) throw error;
    logOf("operations").warn("request.cut-short", { operationId: id }, error);
  }
  const { state, outcome } = work.operation;
  return { id, state, outcome, shown: isHandedOver ? shownOf(work, values.takeShown(made)) : [] };
}

function shownOf({ operation }: Work, values: ReadonlyMap<string, SecretValue>): ShownValue[] {
  return operation.plan.create.flatMap(({ versionId, secretName }) => {
    const value = values.get(versionId);
    return value ? [{ secretName, value }] : [];
  });
}

/** The versions that were made, when none is missing. */
function madeBy({ operation }: Work): string[] | null {
  const creates = stepsNamed(operation, "create");
  if (!creates.every(isClosed)) return null;
  return creates.flatMap(({ subjectId, facts }) => (facts.object ? subjectId : []));
}

/**
 * Whether the person gets the value. Where Postgres was lost over the question she does: had it not heard of it, a
 * worker gives the object up, and a value too many was seen instead of one too few.
 */
async function handOver(work: Work): Promise<boolean> {
  if (work.operation.direction !== "forward") return false;
  try {
    await work.handOver();
    return true;
  } catch (error) {
    if (error instanceof DirectionChanged) return false;
    if (isAppError(error, "database-unreachable")) return true;
    throw error;
  }
}
