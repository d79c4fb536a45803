"use server";

import { redirect } from "next/navigation";
import { beginBrowserSession } from "#lib/auth/browser-session.ts";
import { formAction } from "#lib/auth/form-action.ts";
import { setPasswordByLink } from "#lib/auth/password-change.ts";
import { requestOrigin } from "#lib/auth/require.ts";
import { type FormState, passwordLinkInput } from "#lib/auth/schema.ts";

export async function setPassword(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(passwordLinkInput, form, async (input) => {
    const { email } = await setPasswordByLink(input, await requestOrigin());
    await beginBrowserSession({ email, password: input.password });
    redirect("/");
  });
}
