"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { formAction } from "#lib/auth/form-action.ts";
import { requireActor, requirePermit } from "#lib/auth/require.ts";
import type { FormState } from "#lib/auth/schema.ts";
import { operationSubject } from "#lib/operations/queries.ts";
import { decideAttention } from "#lib/operations/requests/decide.ts";
import { requestStop } from "#lib/operations/requests/stop.ts";
import { requestUndo } from "#lib/operations/requests/undo.ts";

const operationInput = z.object({ operationId: z.string().max(64) });
const decisionInput = operationInput.extend({
  choice: z.enum(["try-again", "undo", "accept"], "Choose how to go on."),
});

export async function stop(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(operationInput, form, async ({ operationId }) => {
    await requestStop(await requirePermit("operation.stop", { operationId }));
    revalidatePath(`/operations/${operationId}`);
  });
}

export async function undo(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(operationInput, form, async ({ operationId }) => {
    const subject = await operationSubject(await requireActor(), operationId);
    await requestUndo(await requirePermit("operation.undo", subject));
    revalidatePath(`/operations/${operationId}`);
  });
}

export async function decide(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(decisionInput, form, async ({ operationId, choice }) => {
    const subject = await operationSubject(await requireActor(), operationId);
    await decideAttention(await requirePermit("operation.decide", subject), choice);
    revalidatePath(`/operations/${operationId}`);
  });
}
