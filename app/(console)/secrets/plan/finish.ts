import { redirect } from "next/navigation";
import type { MadeValues } from "#components/plan/shown-once.tsx";
import type { ShownValue, Started } from "#lib/operations/start.ts";

/** After a verb: on to the operation, or, where generated values are to be seen, the one answer that holds them. */
export async function finish({ id, shown }: Started): Promise<MadeValues | null> {
  if (shown.length === 0) redirect(`/operations/${id}`);
  try {
    return { values: await Promise.all(shown.map(textOf)), operationId: id };
  } finally {
    for (const { value } of shown) value.forget();
  }
}

async function textOf({ secretName, value }: ShownValue): Promise<MadeValues["values"][number]> {
  return { secretName, text: await value.use(async (bytes) => bytes.toString("utf8")) };
}
