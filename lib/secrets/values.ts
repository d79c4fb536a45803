import "server-only";
import { AppError } from "#lib/errors.ts";
import type { Plan, PlannedVersion } from "#lib/operations/schema.ts";
import type { SecretValue } from "#lib/value.ts";

/** What a person entered for a version, and the field that asks for it. */
export type Entered = { value: SecretValue | null; field: string };

/** The typed values of a plan by the version they are for. */
export function valuesFor(plan: Plan, enteredFor: (version: PlannedVersion) => Entered): Map<string, SecretValue> {
  const typed = plan.create.filter((version) => version.value.from === "typed");
  return new Map(
    typed.map((version) => {
      const { value, field } = enteredFor(version);
      if (!value) throw new AppError("invalid-input", "Enter the value, or choose a file.", { field });
      return [version.versionId, value];
    }),
  );
}

/** Whatever happens on the way, the values are overwritten when it is over, those that nobody asked for as well. */
export async function forgetting<T>(values: readonly (SecretValue | null)[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    for (const value of values) value?.forget();
  }
}
