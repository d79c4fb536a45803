import "server-only";
import type { RotatorCall } from "#lib/audit/schema.ts";
import { AppError } from "#lib/errors.ts";
import { hasEnded } from "./converge.ts";
import { findStep, type LedgerStep, type Operation, rotatorsOf, stepsNamed } from "./ledger.ts";
import type { Pass } from "./pass.ts";
import type { PlannedRotator } from "./planned-value.ts";
import type { RotatorTurn } from "./ports.ts";

export function requireRotator({ plan }: Operation, { subjectId }: LedgerStep): PlannedRotator {
  const rotator = rotatorsOf(plan).find(({ rotatorId }) => rotatorId === subjectId);
  if (!rotator) throw new AppError("not-found", "The plan does not say where the password is set. Rotate again.");
  return rotator;
}

export function callOf(call: RotatorCall["call"], planned: PlannedRotator): RotatorCall {
  const { rotatorId, rotatorName, login, oldLogin, locksOld } = planned;
  const whose = { rotator: { id: rotatorId, name: rotatorName }, login };
  return call === "rotator.finish" && locksOld ? { call, ...whose, locks: oldLogin } : { call, ...whose };
}

/** `at`: when the call was written down, ISO 8601, by Postgres's clock: whoever comes later has a higher one. */
export function turnOf({ id: operationId }: Operation, at: string): RotatorTurn {
  return { operationId, generation: Date.parse(at) };
}

/**
 * R7: the other side may have taken a password beside which the old one does not work. From then on the only way is
 * forward: what has the old value can be helped by the new one alone.
 */
export function isOneWay(operation: Operation): boolean {
  return oneWayRotators(operation).length > 0;
}

/** Those of a group: the old values of its other secrets go on working. */
export function oneWayRotators(operation: Operation): PlannedRotator[] {
  return rotatorsOf(operation.plan).filter(
    ({ rotatorId, keepsOld }) => !keepsOld && mayHaveTaken(operation, rotatorId),
  );
}

/** A new password was sent there, and not refused for sure. */
export function mayHaveTaken(operation: Operation, rotatorId: string): boolean {
  return Boolean(findStep(operation, "set", rotatorId)?.facts.sent);
}

/** Somebody has signed in with the new password: from then on the other side is known to have it. */
export function isTested(operation: Operation, rotatorId: string): boolean {
  return findStep(operation, "test", rotatorId)?.state === "done";
}

/** `isLeaving`: only tasks have it, not what the service names now: they end by themselves, or a rollout stands still. */
export type LoginUser = { serviceName: string; objectName: string; isLeaving: boolean };

/**
 * Services that still have another version with the password of this login, in their specs or in tasks that have not
 * ended, those of a service that was removed too; by the names of what they have.
 */
export async function usersOf(
  { operation, ports }: Pass,
  { rotatorId }: PlannedRotator,
  login: string | null,
): Promise<LoginUser[]> {
  const own = new Set(stepsNamed(operation, "create").map(({ facts }) => facts.object?.id));
  const versions = await ports.store.findVersionsOfLogin(operation.clusterId, rotatorId, login);
  const names = new Map(
    versions.flatMap(({ objectId, objectName }) =>
      objectId !== null && !own.has(objectId) ? [[objectId, objectName] as const] : [],
    ),
  );
  if (names.size === 0) return [];
  const services = await ports.swarm.listServices();
  const living = (await ports.swarm.listTasks()).filter(({ state }) => !hasEnded(state));
  const nameOf = new Map(services.map(({ id, name }) => [id, name]));
  const userOf = (serviceId: string, objectIds: readonly string[], isLeaving: boolean): [string, LoginUser][] => {
    const objectName = objectIds.map((id) => names.get(id)).find((found) => found !== undefined);
    const serviceName = nameOf.get(serviceId) ?? "a removed service";
    return objectName === undefined ? [] : [[serviceId, { serviceName, objectName, isLeaving }]];
  };
  const leaving = living.flatMap(({ serviceId, secretObjectIds }) => userOf(serviceId, secretObjectIds, true));
  const naming = services.flatMap(({ id, references }) =>
    userOf(
      id,
      references.map(({ objectId }) => objectId),
      false,
    ),
  );
  return [...new Map([...leaving, ...naming]).values()];
}
