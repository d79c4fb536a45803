import "server-only";
import { AppError } from "#lib/errors.ts";
import type { SecretValue } from "#lib/value.ts";
import type { Values } from "./pass.ts";
import type { Random } from "./ports.ts";
import type { PlannedVersion } from "./schema.ts";

export type RequestValues = Values & {
  /** Those that a person may see once, by version. They are the caller's to forget. */
  takeShown(versionIds: readonly string[]): Map<string, SecretValue>;
  /** Overwrites every value that was not taken. */
  forget(): void;
};

/** R1: what a person typed, and what was made for her to see, as long as her request lives and nowhere else. */
export function requestValues(typed: ReadonlyMap<string, SecretValue>, random: Pick<Random, "value">): RequestValues {
  const values = new Map(typed);
  const shown = new Set<string>();
  const attempts = new Set<number>();
  return {
    valueOf({ versionId, value }: PlannedVersion, attempt: number) {
      attempts.add(attempt);
      const known = values.get(versionId);
      if (known) return known;
      if (value.from !== "shown" && value.from !== "generated")
        throw new AppError("value-lost", "The value is no longer there. Enter it again.");
      const made = random.value(value.generator);
      values.set(versionId, made);
      if (value.from === "shown") shown.add(versionId);
      return made;
    },
    isOwnAttempt: (attempt) => attempts.has(attempt),
    takeShown(versionIds) {
      const taken = new Map<string, SecretValue>();
      for (const versionId of versionIds) {
        const value = shown.has(versionId) ? values.get(versionId) : undefined;
        if (!value) continue;
        taken.set(versionId, value);
        values.delete(versionId);
      }
      return taken;
    },
    forget() {
      for (const value of values.values()) value.forget();
      values.clear();
    },
  };
}
