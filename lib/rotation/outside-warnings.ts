import "server-only";
import type { Facts } from "#lib/grants/facts.ts";
import { warning } from "#lib/grants/warnings.ts";
import type { PlannedRotator } from "#lib/operations/planned-value.ts";
import type { PlanWarning } from "#lib/operations/schema.ts";
import { agreeing, someOf } from "#lib/words.ts";
import type { Member } from "./new-version.ts";
import { type OutsideUser, usersOutside } from "./password-users.ts";

/**
 * Each service that has a password which stops working by a secret that is not rotated with these: it gets no new one.
 * Of two logins, the one whose turn it is must be nobody's, unless a leak does not wait for that.
 */
export function outsideWarnings(facts: Facts, rotator: PlannedRotator, members: readonly Member[]): PlanWarning[] {
  const { login, oldLogin, locksOld } = rotator;
  const isByTurns = login !== oldLogin;
  const inTheWay = isByTurns ? usersOutside(facts, rotator, login, members) : [];
  const left = isByTurns && !locksOld ? [] : usersOutside(facts, rotator, oldLogin, members);
  return [
    ...inTheWay.map((user) => inTheWayWarning(rotator, user)),
    ...left.map((user) => leftWarning(rotator, user, { isInTheEnd: isByTurns || rotator.keepsOld })),
  ];
}

function inTheWayWarning(rotator: PlannedRotator, user: OutsideUser): PlanWarning {
  const has = hasText(rotator, rotator.login, user);
  const { serviceName } = user;
  if (rotator.locksOld) {
    const sentence = `${has}: once it is set anew, ${serviceName} cannot sign in. The leak does not wait for that. From then on it only goes forward: no stop, no undo.`;
    return warning("password-is-one-way", sentence, { serviceName });
  }
  const sentence = `${has}, and that is to be set anew. Have ${serviceName} use a secret that is rotated with this first.`;
  return warning("login-in-use", sentence, { serviceName, blocks: true });
}

function leftWarning(rotator: PlannedRotator, user: OutsideUser, { isInTheEnd }: { isInTheEnd: boolean }): PlanWarning {
  const { serviceName, secretNames } = user;
  const when = isInTheEnd ? "in the end" : "once the new one is set";
  const sentence = `${hasText(rotator, rotator.oldLogin, user)}: ${when} it cannot sign in anew. Grant it a secret that is, or attach ${someOf(secretNames)} to ${rotator.rotatorName} first.`;
  return warning("login-in-use", sentence, { serviceName });
}

function hasText(
  { rotatorName }: PlannedRotator,
  login: string | null,
  { serviceName, secretNames }: OutsideUser,
): string {
  const whose = login === null ? "password" : `password of ${login}`;
  return `${serviceName} has the ${whose} at ${rotatorName} by ${someOf(secretNames)}, which ${agreeing(secretNames.length, "is", "are")} not rotated with this`;
}
