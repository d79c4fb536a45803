import "server-only";
import { AppError } from "#lib/errors.ts";
import type { Plan, ShownPlan } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { octal } from "#lib/words.ts";
import { type Facts, readFacts, requireCurrent, requireRecord, requireService } from "./facts.ts";
import { formerHomes, type Home, homesOf } from "./homes.ts";
import type { SecretRecord } from "./records.ts";
import { acrossWarning, crossesStacks, readAccessWarning, resolveGrant } from "./resolve.ts";
import type { Confirmed, GrantInput } from "./schema.ts";
import { confirmPlan, emptyPlan, requireAllowed, shownPlan } from "./shown.ts";
import { takenBack } from "./taken-back.ts";
import { serviceWarnings, warning } from "./warnings.ts";

export async function planGrant(actor: Actor, input: GrantInput): Promise<ShownPlan> {
  requireAllowed(actor, "secret.grant", { secretId: input.secretId, isAcrossStacks: false });
  const facts = await readFacts({ id: input.secretId });
  const mayCross = isAllowed(actor, "secret.grant", { secretId: input.secretId, isAcrossStacks: true });
  const former = await formerHomes(requireRecord(facts, input.secretId));
  return shownPlan(facts, grantPlanOf(facts, input, { mayCross, former }));
}

/** What the permit has to say: grants across stacks are an administrator's. Nobody is told who may not grant at all. */
export async function isGrantAcrossStacks(
  { subject: { secretId } }: Permit<"secret.grant">,
  input: Pick<GrantInput, "serviceId">,
): Promise<boolean> {
  const facts = await readFacts({ id: secretId });
  const record = requireRecord(facts, secretId);
  const homes = homesOf(facts, record, await formerHomes(record));
  return crossesStacks(homes, [requireService(facts, input.serviceId)]);
}

export async function grantSecret(permit: Permit<"secret.grant">, input: GrantInput & Confirmed) {
  const { secretId, isAcrossStacks: mayCross } = permit.subject;
  const facts = await readFacts({ id: secretId });
  const former = await formerHomes(requireRecord(facts, secretId));
  const plan = grantPlanOf(facts, { ...input, secretId }, { mayCross, former });
  return startOperation(permit, confirmPlan(facts, plan, input.fingerprint));
}

export type GrantOptions = {
  mayCross: boolean;
  /** Stacks that had the secret once; the Swarm forgets them with the next update of their services. */
  former: readonly Home[];
};

export function grantPlanOf(facts: Facts, input: GrantInput, { mayCross, former }: GrantOptions): Plan {
  const record = requireRecord(facts, input.secretId);
  const { version, object } = requireCurrent(facts, record);
  const to = { object: "existing", objectId: object.id, objectName: object.name } as const;
  const { service, change, warnings } = resolveGrant(facts, input, {
    name: record.name,
    to,
    objectName: object.name,
    soakSeconds: record.settings.soakSeconds,
  });
  const kept = takenBack(record);
  const isAcross = crossesStacks(homesOf(facts, record, former), [service]);
  return {
    ...emptyPlan(facts, "grant"),
    secrets: [{ secretId: record.id, secretName: record.name, fromVersion: version.number, toVersion: version.number }],
    changes: [change],
    record: kept.record,
    warnings: [
      ...kept.warnings,
      ...(isAcross ? [acrossWarning([service], mayCross)] : []),
      readAccessWarning(service.name),
      ...warnings,
      ...sharedMode(service, object.id, change.edits[0]),
      ...serviceWarnings(facts, [change]),
    ],
  };
}

/** Services that name any version of the secret. */
export function holdersOf(facts: Facts, record: SecretRecord): ServiceObject[] {
  const own = new Set(record.versions.map(({ objectId }) => objectId));
  return facts.services.filter(({ references }) => references.some(({ objectId }) => own.has(objectId)));
}

/** Swarm keeps one file per object and task: mounted twice, the second mode is the first one's. */
function sharedMode(
  service: ServiceObject,
  objectId: string,
  edit: Plan["changes"][number]["edits"][number] | undefined,
) {
  const other = service.references.find((reference) => reference.objectId === objectId);
  if (!other || edit?.edit !== "add") return [];
  if (other.mode !== edit.mode || other.uid !== edit.uid || other.gid !== edit.gid) {
    throw new AppError(
      "invalid-input",
      `${service.name} has this secret as ${other.target} already, and both files share one owner and mode. Use ${other.uid}:${other.gid} and ${octal(other.mode)}.`,
      { field: "mode" },
    );
  }
  const sentence = `${service.name} has this secret as ${other.target} already: it will be there twice.`;
  return [warning("mode-shared", sentence, { serviceName: service.name })];
}
