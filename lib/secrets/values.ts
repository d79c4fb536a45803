import "server-only";
import { AppError } from "#lib/errors.ts";
import type { Plan } from "#lib/operations/schema.ts";
import type { SecretValue } from "#lib/value.ts";

/** The typed values of a plan by the version they are for. A value that the plan does not ask for is forgotten at once. */
export function valuesFor(plan: Plan, value: SecretValue | null): Map<string, SecretValue> {
  const typed = plan.create.filter((version) => version.value.from === "typed");
  const [first] = typed;
  if (!first) {
    value?.forget();
    return new Map();
  }
  if (!value) throw new AppError("invalid-input", "Enter the value, or choose a file.", { field: "value" });
  return new Map([[first.versionId, value]]);
}

/** Whatever happens on the way, the value is overwritten when it is over. */
export async function forgetting<T>(value: SecretValue | null, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    value?.forget();
  }
}
