"use server";

import { redirect } from "next/navigation";
import { beginBrowserSession } from "#lib/auth/browser-session.ts";
import { formAction } from "#lib/auth/form-action.ts";
import { join as joinSkep } from "#lib/auth/invitations.ts";
import { requestOrigin } from "#lib/auth/require.ts";
import { type FormState, joinInput } from "#lib/auth/schema.ts";

export async function join(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(joinInput, form, async (input) => {
    const { email } = await joinSkep(input, await requestOrigin());
    await beginBrowserSession({ email, password: input.password });
    redirect("/");
  });
}
