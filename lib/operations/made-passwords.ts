import "server-only";
import type { SecretValue } from "#lib/value.ts";
import type { PlannedRotator } from "./planned-value.ts";
import type { Random } from "./ports.ts";

/**
 * R1: passwords that this process made for rotators, in its memory and nowhere else, from the first object that is made
 * with one until the other side was seen to take it. Whoever takes the operation up after this process has none of them.
 */
export type MadePasswords = {
  find(rotatorId: string): SecretValue | null;
  /** Makes it when it is first asked for, and remembers which call sends it. */
  sentBy(rotator: PlannedRotator, call: SendingCall): SecretValue;
  /** What this call made has the password that is in memory. */
  wasSentBy(rotatorId: string, call: SendingCall): boolean;
  forget(rotatorId: string): void;
  forgetAll(): void;
};

type SendingCall = { key: string; attempt: number };

export function madePasswords(random: Pick<Random, "value">): MadePasswords {
  const made = new Map<string, { password: SecretValue; calls: Set<string> }>();
  const nameOf = ({ key, attempt }: SendingCall) => `${key}#${attempt}`;
  function forget(rotatorId: string): void {
    made.get(rotatorId)?.password.forget();
    made.delete(rotatorId);
  }
  return {
    find: (rotatorId) => made.get(rotatorId)?.password ?? null,
    sentBy({ rotatorId, generator }, call) {
      const known = made.get(rotatorId) ?? { password: random.value(generator), calls: new Set<string>() };
      made.set(rotatorId, known);
      known.calls.add(nameOf(call));
      return known.password;
    },
    wasSentBy: (rotatorId, call) => made.get(rotatorId)?.calls.has(nameOf(call)) ?? false,
    forget,
    forgetAll() {
      for (const rotatorId of [...made.keys()]) forget(rotatorId);
    },
  };
}
