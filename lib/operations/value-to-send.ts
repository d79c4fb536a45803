import "server-only";
import { AppError } from "#lib/errors.ts";
import { writeSecret } from "#lib/rotators/write.ts";
import type { SecretValue } from "#lib/value.ts";
import { rotatorsOf } from "./ledger.ts";
import type { Pass } from "./pass.ts";
import { isOfRequest, type PlannedRotator } from "./planned-value.ts";
import type { PlannedVersion } from "./schema.ts";

/** Of several values none is kept, whichever the Swarm had: all of them are for the same moment. */
export function valueLost({ operation }: Pass): string {
  return operation.plan.create.length > 1
    ? "The request that had the values ended before the Swarm had them all. Enter the values again."
    : "The request that had the value ended before the Swarm had it. Enter the value again.";
}

/** A value that a person typed, or is to see, is nowhere but in the request. */
export function isLost({ values }: Pass, { value }: PlannedVersion): boolean {
  return isOfRequest(value) && values === null;
}

/** A source is asked before the call is written down: what it cannot give now needs no call, and nothing was changed. */
export async function withSourced<T>(
  { ports }: Pass,
  { value }: PlannedVersion,
  work: (sourced: SecretValue | null) => Promise<T>,
): Promise<T> {
  if (value.from !== "source") return work(null);
  const sourced = await ports.sources.read(value);
  try {
    return await work(sourced);
  } finally {
    sourced.forget();
  }
}

/** The call that it is for, and what was read for it at a source. */
type For = { key: string; attempt: number; sourced: SecretValue | null };

/** What is sent, and whether it is nobody's afterwards. */
export async function valueToSend(pass: Pass, version: PlannedVersion, { key, attempt, sourced }: For) {
  const rotator = rotatorOf(pass, version);
  if (rotator && version.value.from === "rotator") {
    const password = pass.made.sentBy(rotator, { key, attempt });
    return { value: await writeSecret(version.value.template, rotator.login, password), isToForget: true };
  }
  if (sourced) return { value: sourced, isToForget: false };
  const value = pass.values?.valueOf(version, attempt) ?? generated(pass, version);
  return { value, isToForget: !pass.values };
}

/** What Postgres keeps of where its value is from. */
export function originOf(pass: Pass, version: PlannedVersion) {
  const { sourceVersionId = null, bindingId = null } = version.value.from === "source" ? version.value : {};
  const { rotatorId = null, login = null } = rotatorOf(pass, version) ?? {};
  return { sourceVersionId, bindingId, rotatorId, login };
}

function rotatorOf({ operation }: Pass, { value }: PlannedVersion): PlannedRotator | undefined {
  return rotatorsOf(operation.plan).find(({ rotatorId }) => value.from === "rotator" && rotatorId === value.rotatorId);
}

function generated(pass: Pass, { value }: PlannedVersion) {
  if (value.from !== "generated") throw new AppError("value-lost", valueLost(pass));
  return pass.ports.random.value(value.generator);
}
