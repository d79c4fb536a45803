import "server-only";
import { findStep, type LedgerStep, type Operation } from "../ledger.ts";
import type { Pass, StepOutcome } from "../pass.ts";
import type { RecordChange } from "../store-port.ts";

/** R8: the version of an undone operation goes through the gate like any other. What was never made leaves no trace. */
export async function abandon({ operation }: Pass, _step: LedgerStep): Promise<StepOutcome> {
  const { plan } = operation;
  const versions = plan.create.map(({ versionId }): RecordChange => {
    const isMade = Boolean(findStep(operation, "create", versionId)?.facts.object);
    return isMade ? { record: "version-abandoned", versionId } : { record: "version-forgotten", versionId };
  });
  const secrets = plan.record.flatMap((each): RecordChange[] => {
    if (each.record !== "create") return [];
    const own = plan.create.filter(({ secretId }) => secretId === each.secretId);
    const isAnyMade = own.some(({ versionId }) => findStep(operation, "create", versionId)?.facts.object);
    return isAnyMade ? [] : [{ record: "secret-forgotten", secretId: each.secretId }];
  });
  return { outcome: "done", records: [...restored(operation), ...versions, ...secrets] };
}

/** A person wanted it undone in the moment after it was recorded: the version before is the current one again. */
function restored(operation: Operation): RecordChange[] {
  if (findStep(operation, "record")?.state !== "done") return [];
  return operation.plan.secrets.flatMap(({ secretId, fromVersion }): RecordChange[] =>
    fromVersion === null ? [] : [{ record: "version-current", secretId, number: fromVersion }],
  );
}
