"use server";

import { revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import { formAction } from "#lib/auth/form-action.ts";
import { requirePermit } from "#lib/auth/require.ts";
import type { FormState } from "#lib/auth/schema.ts";
import { bindSecret, compareWithSource, lookNow, unbindSecret } from "#lib/secrets/bind.ts";
import { bindInput, secretInput } from "#lib/secrets/schema.ts";
import { browseSource } from "#lib/settings/source-queries.ts";
import { browseInput, type ShownListing } from "#lib/sources/schema.ts";

type Compared = "equal" | "different" | "unknown" | "asked-too-often";

export async function bind(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(bindInput, form, async ({ secretId, ...input }) => {
    await bindSecret(await requirePermit("secret.bind", { secretId }), input);
    revalidatePath(`/secrets/${secretId}`);
    redirect(`/secrets/${secretId}`);
  });
}

export async function unbind(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(secretInput, form, async ({ secretId }) => {
    await unbindSecret(await requirePermit("secret.unbind", { secretId }));
    revalidatePath(`/secrets/${secretId}`);
  });
}

/** Whether the Swarm has the value that is at the source now. */
export async function compare(_previous: FormState<Compared>, form: FormData): Promise<FormState<Compared>> {
  return formAction(secretInput, form, async ({ secretId }) => {
    const isSame = await compareWithSource(await requirePermit("secret.compare", { secretId }));
    revalidatePath(`/secrets/${secretId}`);
    return isSame ? "equal" : "unknown";
  });
}

export async function look(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(secretInput, form, async ({ secretId }) => {
    await lookNow(await requirePermit("secret.unbind", { secretId }));
  });
}

/** Names below a folder, while a person looks for the path. */
export async function browse(_previous: FormState<ShownListing>, form: FormData): Promise<FormState<ShownListing>> {
  return formAction(browseInput, form, async (input) => browseSource(await requirePermit("source.edit", {}), input));
}
