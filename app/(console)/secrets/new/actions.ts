"use server";

import type { MadeValues } from "#components/plan/shown-once.tsx";
import { answerAction, formAction } from "#lib/auth/form-action.ts";
import { requireActor, requirePermit } from "#lib/auth/require.ts";
import type { FormState } from "#lib/auth/schema.ts";
import { confirmed } from "#lib/grants/schema.ts";
import { createSecret } from "#lib/secrets/create.ts";
import { nameProblem } from "#lib/secrets/queries.ts";
import { createInput } from "#lib/secrets/schema.ts";
import { typedValue } from "#lib/secrets/typed-value.ts";
import { finish } from "../plan/finish.ts";

type State = FormState<MadeValues | null>;

export async function create(_previous: State, form: FormData): Promise<State> {
  return formAction(createInput.extend(confirmed.shape), form, async (input) => {
    const permit = await requirePermit("secret.create", {});
    return finish(await createSecret(permit, input, await typedValue(form)));
  });
}

/** What is wrong with a name, while it is typed. */
export async function checkName(name: string): Promise<string | null> {
  return answerAction(async () => {
    await requireActor();
    return typeof name === "string" && name.length < 200 ? nameProblem(name) : null;
  });
}
