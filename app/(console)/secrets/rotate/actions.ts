"use server";

import type { MadeValues } from "#components/plan/shown-once.tsx";
import { formAction } from "#lib/auth/form-action.ts";
import { requirePermit } from "#lib/auth/require.ts";
import type { FormState } from "#lib/auth/schema.ts";
import { confirmed } from "#lib/grants/schema.ts";
import { rotateGroup } from "#lib/rotation/group.ts";
import { groupInput } from "#lib/rotation/schema.ts";
import { typedValues } from "#lib/secrets/typed-value.ts";
import { finish } from "../plan/finish.ts";

type State = FormState<MadeValues | null>;

export async function rotateTogether(_previous: State, form: FormData): Promise<State> {
  return formAction(groupInput.extend(confirmed.shape), form, async (input) => {
    const secretIds = input.secrets.map(({ secretId }) => secretId);
    const permit = await requirePermit("secret.rotate", { secretIds });
    return finish(await rotateGroup(permit, input, await typedValues(form, secretIds)));
  });
}
