import { redirect } from "next/navigation";
import type { MadeValue } from "#components/plan/plan-form.tsx";
import type { Started } from "#lib/operations/start.ts";

/** After a verb: on to the operation, or, where a generated value is to be seen, the one answer that holds it. */
export async function finish({ id, shown }: Started): Promise<MadeValue | null> {
  const [value] = shown.values();
  if (!value) redirect(`/operations/${id}`);
  try {
    return { text: await value.use(async (bytes) => bytes.toString("utf8")), operationId: id };
  } finally {
    value.forget();
  }
}
