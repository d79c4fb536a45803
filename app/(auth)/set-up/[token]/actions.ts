"use server";

import { redirect } from "next/navigation";
import { beginBrowserSession } from "#lib/auth/browser-session.ts";
import { formAction } from "#lib/auth/form-action.ts";
import { requestOrigin } from "#lib/auth/require.ts";
import { type FormState, setUpInput } from "#lib/auth/schema.ts";
import { setUp as setUpSkep } from "#lib/auth/setup.ts";

export async function setUp(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(setUpInput, form, async (input) => {
    await setUpSkep(input, await requestOrigin());
    await beginBrowserSession(input);
    redirect("/");
  });
}
