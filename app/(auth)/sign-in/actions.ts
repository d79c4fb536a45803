"use server";

import { redirect } from "next/navigation";
import { beginBrowserSession, endBrowserSession } from "#lib/auth/browser-session.ts";
import { formAction } from "#lib/auth/form-action.ts";
import { safeReturnPath } from "#lib/auth/return-path.ts";
import { type FormState, nothingInput, signInInput } from "#lib/auth/schema.ts";

export async function signIn(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(signInInput, form, async ({ email, password, returnTo }) => {
    await beginBrowserSession({ email, password });
    redirect(safeReturnPath(returnTo));
  });
}

export async function signOut(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(nothingInput, form, async () => {
    await endBrowserSession();
    redirect("/sign-in");
  });
}
