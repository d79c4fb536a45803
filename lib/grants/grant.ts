import "server-only";
import { AppError } from "#lib/errors.ts";
import type { Plan, ShownPlan } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { SecretReference, ServiceObject } from "#lib/swarm/schema.ts";
import { octal } from "#lib/words.ts";
import { type Facts, readFacts, requireCurrent, requireRecord, requireService } from "./facts.ts";
import type { SecretRecord } from "./records.ts";
import { acrossWarning, crossesStacks, readAccessWarning, resolveGrant } from "./resolve.ts";
import type { Confirmed, GrantInput } from "./schema.ts";
import { confirmPlan, emptyPlan, requireAllowed, shownPlan } from "./shown.ts";
import { stackLabel } from "./stack.ts";
import { serviceWarnings, warning } from "./warnings.ts";

export async function planGrant(actor: Actor, input: GrantInput): Promise<ShownPlan> {
  requireAllowed(actor, "secret.grant", { secretId: input.secretId, isAcrossStacks: false });
  const facts = await readFacts({ id: input.secretId });
  const mayCross = isAllowed(actor, "secret.grant", { secretId: input.secretId, isAcrossStacks: true });
  return shownPlan(facts, grantPlanOf(facts, input, { mayCross }));
}

/** What the permit has to say: grants across stacks are an administrator's. Nobody is told who may not grant at all. */
export async function isGrantAcrossStacks(
  { subject: { secretId } }: Permit<"secret.grant">,
  input: Pick<GrantInput, "serviceId">,
): Promise<boolean> {
  const facts = await readFacts({ id: secretId });
  const record = requireRecord(facts, secretId);
  return crossesStacks(homesOf(facts, record), [requireService(facts, input.serviceId)]);
}

export async function grantSecret(permit: Permit<"secret.grant">, input: GrantInput & Confirmed) {
  const facts = await readFacts({ id: permit.subject.secretId });
  const options = { mayCross: permit.subject.isAcrossStacks };
  const plan = grantPlanOf(facts, { ...input, secretId: permit.subject.secretId }, options);
  return startOperation(permit, confirmPlan(facts, plan, input.fingerprint));
}

export function grantPlanOf(facts: Facts, input: GrantInput, { mayCross }: { mayCross: boolean }): Plan {
  const record = requireRecord(facts, input.secretId);
  const { version, object } = requireCurrent(facts, record);
  const to = { object: "existing", objectId: object.id, objectName: object.name } as const;
  const { service, change, warnings } = resolveGrant(facts, input, {
    name: record.name,
    to,
    objectName: object.name,
    soakSeconds: record.settings.soakSeconds,
  });
  const isAcross = crossesStacks(homesOf(facts, record), [service]);
  return {
    ...emptyPlan(facts, "grant"),
    secrets: [{ secretId: record.id, secretName: record.name, fromVersion: version.number, toVersion: version.number }],
    changes: [change],
    warnings: [
      ...(isAcross ? [acrossWarning([service], mayCross)] : []),
      readAccessWarning(service.name),
      ...warnings,
      ...sharedMode(service, object.id, change.edits[0]),
      ...serviceWarnings(facts, [change]),
    ],
  };
}

/** Stacks that have the secret, had it before their last update, or made it: to revoke it first opens no way around. */
function homesOf({ services, objects }: Facts, record: SecretRecord): (string | null)[] {
  const own = new Set(record.versions.map(({ objectId }) => objectId));
  const names = ({ objectId }: SecretReference) => own.has(objectId);
  const holders = services.filter(
    ({ references, previousReferences }) => references.some(names) || previousReferences?.some(names),
  );
  const made = objects.filter(({ id }) => own.has(id)).flatMap(({ labels }) => labels[stackLabel] ?? []);
  return [...holders.map(({ stack }) => stack), ...made];
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
