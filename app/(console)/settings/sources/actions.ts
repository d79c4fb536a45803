"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { formAction } from "#lib/auth/form-action.ts";
import { requirePermit } from "#lib/auth/require.ts";
import type { FormState } from "#lib/auth/schema.ts";
import { sourceInput } from "#lib/settings/source-input.ts";
import { makeWebhookKey } from "#lib/settings/source-webhook.ts";
import { addSource, changeSource, checkSource, removeSource } from "#lib/settings/sources.ts";
import { type SourceCheck, sourceIdInput } from "#lib/sources/schema.ts";

export async function add(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(sourceInput, form, async (input) => {
    await addSource(await requirePermit("source.edit", {}), input);
    revalidatePath("/settings/sources");
  });
}

export async function change(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(z.intersection(sourceIdInput, sourceInput), form, async ({ sourceId, name, settings }) => {
    await changeSource(await requirePermit("source.edit", {}), sourceId, { name, settings });
    revalidatePath("/settings/sources");
  });
}

export async function check(_previous: FormState<SourceCheck>, form: FormData): Promise<FormState<SourceCheck>> {
  return formAction(sourceIdInput, form, async ({ sourceId }) => {
    const answer = await checkSource(await requirePermit("source.edit", {}), sourceId);
    revalidatePath("/settings/sources");
    return answer;
  });
}

export async function remove(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(sourceIdInput, form, async ({ sourceId }) => {
    await removeSource(await requirePermit("source.edit", {}), sourceId);
    revalidatePath("/settings/sources");
  });
}

/** The key is in this one answer, and nowhere else. */
export async function makeKey(_previous: FormState<string>, form: FormData): Promise<FormState<string>> {
  return formAction(sourceIdInput, form, async ({ sourceId }) => {
    const key = await makeWebhookKey(await requirePermit("source.edit", {}), sourceId);
    revalidatePath("/settings/sources");
    return key;
  });
}
