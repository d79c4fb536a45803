import "server-only";
import { hasEndedTask } from "../model/tasks.ts";
import { type Followed, idsIn, type Sight, type WriteSeen } from "./sight.ts";

function isRemoval({ name, isDisturbed }: WriteSeen): boolean {
  return name === "removeSecret" && !isDisturbed;
}

/** R3: no spec names it, no previous spec, no task that has not ended, no volume. */
export function removedUnneeded({ model }: Sight, _followed: Followed, write: WriteSeen): string[] {
  if (!isRemoval(write)) return [];
  const id = write.subject;
  const services = [...model.services.values()];
  const named = services.filter(({ spec }) => idsIn(spec).includes(id));
  const held = services.filter(({ previousSpec }) => previousSpec && idsIn(previousSpec).includes(id));
  const tasks = model.tasks.filter((task) => !hasEndedTask(task) && task.secretIds.includes(id));
  const volumes = model.volumes.filter(({ secretObjectIds }) => secretObjectIds.includes(id));
  return [
    ...named.map(({ spec }) => `R3: removes ${id}, which ${spec.Name} names`),
    ...held.map(({ spec }) => `R3: removes ${id}, which ${spec.Name} would need to go back`),
    ...tasks.map(({ id: task }) => `R3: removes ${id}, which ${task} runs with`),
    ...volumes.map(({ name }) => `R3: removes ${id}, which the volume ${name} needs`),
  ];
}

/** R13: never what is not Skep's, and R3: never what another open operation works on. */
export function removedOurs(sight: Sight, { operation }: Followed, write: WriteSeen): string[] {
  if (write.name !== "removeSecret") return [];
  const id = write.subject;
  const planned = operation.plan.retire.find(({ objectId }) => objectId === id);
  const isOurs = sight.owned.has(id) || !sight.model.secrets.has(id);
  const others = [...sight.operations.values()].filter((other) => {
    const isOpen = other.endedAt === null && other.operation.id !== operation.id;
    return isOpen && other.operation.plan.secrets.some(({ secretId }) => secretId === planned?.secretId);
  });
  return [
    ...(isOurs ? [] : [`R13: removes ${id}, which is not Skep's`]),
    ...(planned ? [] : [`R13: removes ${id}, which its plan does not have`]),
    ...others.map((other) => `R3: removes ${id} while ${other.operation.id} is open`),
  ];
}

/** R3: not before the keep time is over, and not before the operation itself has come so far. */
export function removedLate(_sight: Sight, { operation, isRecorded }: Followed, write: WriteSeen): string[] {
  if (write.name !== "removeSecret") return [];
  const planned = operation.plan.retire.find(({ objectId }) => objectId === write.subject);
  if (planned && planned.keepSeconds > 0) return [`R3: removes ${write.subject} before its time`];
  return isRecorded ? [] : [`R3: removes ${write.subject} before the new version is recorded`];
}

/**
 * R3: the next deploy of a stack does not ask for it. Where people have updated each of its services since, one by one,
 * that cannot be told from a deploy.
 */
export function stackMayDeploy(sight: Sight, { operation }: Followed, write: WriteSeen): string[] {
  const { model, deployed, touchedAt, takenOutAt } = sight;
  if (!isRemoval(write)) return [];
  const planned = operation.plan.retire.find(({ objectId }) => objectId === write.subject);
  if (!planned || planned.isStackConfirmed) return [];
  const name = model.secrets.get(write.subject)?.name;
  const stack = [...deployed].filter(([serviceId]) => model.services.has(serviceId));
  const since = takenOutAt.get(write.subject) ?? Number.POSITIVE_INFINITY;
  if (stack.every(([serviceId]) => (touchedAt.get(serviceId) ?? 0) >= since)) return [];
  return stack.flatMap(([serviceId, names]) => {
    const isAsked = name !== undefined && names.includes(name);
    return isAsked ? [`R3: removes ${name}, which the stack of ${serviceId} was deployed with`] : [];
  });
}
