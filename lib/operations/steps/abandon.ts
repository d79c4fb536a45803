import "server-only";
import { findStep, type LedgerStep, type Operation, stepsNamed } from "../ledger.ts";
import type { Pass, StepOutcome } from "../pass.ts";
import { mayHaveTaken } from "../rotator-turn.ts";
import type { PlannedVersion } from "../schema.ts";
import type { RecordChange } from "../store-port.ts";

/** R8: the version of an undone operation goes through the gate like any other. What was never made leaves no trace. */
export async function abandon({ operation }: Pass, _step: LedgerStep): Promise<StepOutcome> {
  const { plan } = operation;
  const given = plan.create.filter(({ secretId }) => !isOnlyOneLeft(operation, secretId));
  const versions = given.flatMap((version) => abandoned(operation, version));
  const secrets = plan.record.flatMap((each): RecordChange[] => {
    if (each.record === "adopt") return [{ record: "adoption-forgotten", secretId: each.secretId }];
    if (each.record !== "create") return [];
    const own = plan.create.filter(({ secretId }) => secretId === each.secretId);
    const isAnyMade = own.some(({ versionId }) => findStep(operation, "create", versionId)?.facts.object);
    return isAnyMade ? [] : [{ record: "secret-forgotten", secretId: each.secretId }];
  });
  return { outcome: "done", records: [...restored(operation), ...versions, ...secrets] };
}

/** Who leaves it as it is was told that both versions are kept. */
export function abandoned(operation: Operation, { versionId, value }: PlannedVersion): RecordChange[] {
  const isMade = Boolean(findStep(operation, "create", versionId)?.facts.object);
  if (!isMade) return [{ record: "version-forgotten", versionId }];
  const isKept = operation.attention?.choice === "accept";
  return [
    { record: "version-abandoned", versionId },
    ...(value.from === "rotator" && !mayHaveTaken(operation, value.rotatorId)
      ? [{ record: "version-not-set", versionId } as const]
      : []),
    ...(isKept ? [{ record: "version-kept", versionId } as const] : []),
  ];
}

/**
 * A person wanted it undone in the moment after it was recorded: where that promoted a version, the one before is the
 * current one again.
 */
function restored(operation: Operation): RecordChange[] {
  const { kind, plan } = operation;
  if (findStep(operation, "record")?.state !== "done") return [];
  return plan.secrets.flatMap(({ secretId, fromVersion }): RecordChange[] => {
    const isPromoted = kind === "roll-back" || plan.create.some((version) => version.secretId === secretId);
    if (!isPromoted || fromVersion === null || isOnlyOneLeft(operation, secretId)) return [];
    return [{ record: "version-current", secretId, number: fromVersion }];
  });
}

/** Recorded, and the versions before are gone or going: there is nothing to go back to. */
function isOnlyOneLeft(operation: Operation, secretId: string): boolean {
  if (findStep(operation, "record")?.state !== "done") return false;
  const retired = operation.plan.retire.filter((each) => each.secretId === secretId);
  const ids = new Set(retired.map(({ versionId }) => versionId));
  return stepsNamed(operation, "remove").some(({ state, subjectId }) => state === "done" && ids.has(subjectId));
}
