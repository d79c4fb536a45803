"use server";

import { revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import { formAction } from "#lib/auth/form-action.ts";
import { requirePermit } from "#lib/auth/require.ts";
import type { FormState } from "#lib/auth/schema.ts";
import { planImport } from "#lib/imports/plan.ts";
import { importBrowseInput, importInput, mostItems, type ShownItem, startInput } from "#lib/imports/schema.ts";
import { startImport } from "#lib/imports/start.ts";
import { browseSource, browseWhole } from "#lib/settings/source-queries.ts";
import type { ShownListing } from "#lib/sources/schema.ts";

/** Names below a folder: one page of them, or all that can be chosen at once. */
export async function browse(_previous: FormState<ShownListing>, form: FormData): Promise<FormState<ShownListing>> {
  return formAction(importBrowseInput, form, async ({ all, ...input }) => {
    const permit = await requirePermit("secret.import", {});
    return all ? browseWhole(permit, { ...input, most: mostItems }) : browseSource(permit, input);
  });
}

/** What would come of the list as it is now. */
export async function plan(_previous: FormState<ShownItem[]>, form: FormData): Promise<FormState<ShownItem[]>> {
  return formAction(importInput, form, async (input) => planImport(await requirePermit("secret.import", {}), input));
}

export async function start(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(startInput, form, async (input) => {
    const { id } = await startImport(await requirePermit("secret.import", {}), input);
    revalidatePath("/secrets/import");
    redirect(`/secrets/import/${id}`);
  });
}
