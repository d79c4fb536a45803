"use server";

import { refresh } from "next/cache";
import { answerAction } from "#lib/auth/form-action.ts";
import { requireActorForPage } from "#lib/auth/require.ts";

/** Brings the page that asks as it is now, or the sentence that says why not: then it stays with the form that it shows. */
export async function refreshPage(): Promise<string | null> {
  return answerAction(async () => {
    await requireActorForPage();
    refresh();
    return null;
  });
}
