import "server-only";
import { type LedgerStep, newStep, rotatorsOf, type StepName } from "./ledger.ts";
import type { PlannedRotator } from "./planned-value.ts";
import type { Plan } from "./schema.ts";

/** The rows that a plan begins with. Undoing, releasing and services that join add theirs later. */
export function ledgerOf(plan: Plan): LedgerStep[] {
  const whole = { id: "", name: "" };
  const moving = plan.changes.filter(({ leftOut }) => leftOut === null);
  const rotators = rotatorsOf(plan);
  const rows: [StepName, { id: string; name: string }][] = [
    ...plan.create.map(({ versionId, objectName }) => ["create", { id: versionId, name: objectName }] as const),
    ...rotators.map((each) => ["set", rotatorSubject(each)] as const),
    ...rotators.map((each) => ["test", rotatorSubject(each)] as const),
    ...moving.map(({ serviceId, serviceName }) => ["move", { id: serviceId, name: serviceName }] as const),
    ...moving.map(({ serviceId, serviceName }) => ["watch", { id: serviceId, name: serviceName }] as const),
    ...(moving.length > 0 || plan.create.length > 0 ? [["check", whole] as const] : []),
    ["record", whole],
    ...rotators.filter(({ needsFinish }) => needsFinish).map((each) => ["finish", rotatorSubject(each)] as const),
    ...plan.retire
      .filter(({ keepSeconds }) => keepSeconds === 0)
      .map(({ versionId, objectName }) => ["remove", { id: versionId, name: objectName }] as const),
  ].map(([name, subject]) => [name as StepName, subject as { id: string; name: string }]);
  return rows.map(([name, subject], ordinal) => newStep(name, subject, ordinal));
}

function rotatorSubject({ rotatorId, rotatorName }: PlannedRotator): { id: string; name: string } {
  return { id: rotatorId, name: rotatorName };
}
