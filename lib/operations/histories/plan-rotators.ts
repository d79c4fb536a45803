import "server-only";
import type { PlannedRotator, PlannedValue } from "../planned-value.ts";
import type { Attachment } from "./attachment.ts";
import { isRotated } from "./attachment.ts";
import {
  currentOf,
  isLiving,
  type Known,
  type PlanFacts,
  plannedValueOf,
  type StartOf,
  secretIds,
} from "./plan-facts.ts";

type Rotation = { start: StartOf<"rotate">; rotators: readonly PlannedRotator[] };

/** One password is in all of them, so all of them get the next one. */
export function withAttached(facts: PlanFacts, ids: readonly string[]): string[] {
  const together = facts.attachment?.secretIds ?? [];
  if (!ids.some((id) => together.includes(id))) return [...ids];
  return secretIds(facts).filter((id) => ids.includes(id) || together.includes(id));
}

/** The rotator whose passwords these secrets have, as its planner would plan it; null where that would refuse. */
export function rotatorsFor(
  facts: PlanFacts,
  rotated: readonly string[],
  { isEmergency, isTicked, keepSeconds }: StartOf<"rotate">,
): PlannedRotator[] | null {
  const { attachment } = facts;
  const attached = rotated.filter((id) => attachment?.secretIds.includes(id));
  if (!attachment || attached.length === 0) return [];
  const { rotatorId, rotatorName, logins, keepsOld, isTold } = attachment;
  const oldLogin = loginOf(facts, attached, attachment);
  if (oldLogin === undefined) return null;
  const login = logins.find((each) => each !== oldLogin) ?? oldLogin;
  // What is refused here is let through now and then, so that the engine's own guard has something to refuse.
  const isLetThrough = isTicked && keepSeconds === 0;
  const isInTheWay = login !== oldLogin && isInUse(facts, attached, login);
  if (isInTheWay && !isEmergency && !isLetThrough) return null;
  return [
    {
      rotatorId,
      rotatorName,
      login,
      oldLogin,
      generator: { type: "hex", bytes: 16 },
      keepsOld: keepsOld && !(isEmergency && isInTheWay),
      locksOld: isEmergency,
      needsFinish: isTold || (isEmergency && login !== oldLogin),
    },
  ];
}

/** Whose password services have now; undefined where nobody knows. */
function loginOf(facts: PlanFacts, ids: readonly string[], { logins }: Attachment): string | null | undefined {
  if (logins.length === 0) return null;
  const known = new Set(ids.map((id) => facts.loginOf(currentOf(facts, id)?.versionId ?? "")?.login ?? null));
  const [login = null] = known;
  if (known.size === 1 && login !== null && logins.includes(login)) return login;
  return logins.length === 1 ? logins[0] : undefined;
}

/** A service names another version with the password that would be set anew. */
function isInUse(facts: PlanFacts, ids: readonly string[], login: string | null): boolean {
  const versions = facts.versions.filter(isLiving);
  const theirs = versions.filter(({ secretId, versionId }) => {
    return ids.includes(secretId) && facts.loginOf(versionId)?.login === login;
  });
  const objectIds = new Set(theirs.map(({ objectId }) => objectId));
  return facts.services.some(({ references }) => references.some(({ objectId }) => objectIds.has(objectId)));
}

/** What is attached is set by its rotator, whatever was asked for; beside that, nothing is typed or shown. */
export function valueFor(facts: PlanFacts, secretId: string, { start, rotators }: Rotation): PlannedValue {
  const { attachment } = facts;
  const { value } = start;
  if (attachment?.secretIds.includes(secretId)) {
    return { from: "rotator", rotatorId: attachment.rotatorId, template: attachment.template };
  }
  const isOfRequest = value === "typed" || value === "shown";
  return plannedValueOf(isRotated(value) || (isOfRequest && rotators.length > 0) ? "generated" : value);
}

/** Nobody is asked what the rotator's settings say; in an emergency she says whether she wants it. */
export function staysValid({ from }: PlannedValue, { start, rotators }: Rotation): boolean {
  if (from !== "rotator") return start.staysValid;
  return rotators.every(({ keepsOld }) => keepsOld) && (!start.isEmergency || start.staysValid);
}

/** The other side has another password for its login since, or none: nobody goes back there. */
export function isDead(facts: PlanFacts, version: Known): boolean {
  const own = facts.loginOf(version.versionId);
  if (!own) return false;
  if (facts.isLeaked(version.versionId)) return true;
  return facts.versions.some(({ versionId, secretId, number }) => {
    const isLater = secretId === version.secretId && number > version.number;
    return isLater && facts.loginOf(versionId)?.login === own.login;
  });
}
