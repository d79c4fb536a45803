"use server";

import { revalidatePath } from "next/cache";
import { formAction } from "#lib/auth/form-action.ts";
import { invite as invitePerson, withdrawInvitation } from "#lib/auth/invitations.ts";
import { createPasswordLink } from "#lib/auth/password-change.ts";
import { changeRole as changeRoleOf, disablePerson, enablePerson } from "#lib/auth/people.ts";
import { requirePermit } from "#lib/auth/require.ts";
import { changeRoleInput, type FormState, inviteInput, personInput, withdrawInput } from "#lib/auth/schema.ts";

/** A link of this console, without its origin: the browser knows under which name it came. */
export type MadeLink = { path: string };

export async function invite(_previous: FormState<MadeLink>, form: FormData): Promise<FormState<MadeLink>> {
  return formAction(inviteInput, form, async ({ email, role }) => {
    const { token } = await invitePerson(await requirePermit("person.invite", { role }), { email });
    revalidatePath("/settings/people");
    return { path: `/join/${token}` };
  });
}

export async function withdraw(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(withdrawInput, form, async ({ invitationId, role }) => {
    await withdrawInvitation(await requirePermit("person.invite", { role }), invitationId);
    revalidatePath("/settings/people");
  });
}

export async function changeRole(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(changeRoleInput, form, async ({ personId, role }) => {
    await changeRoleOf(await requirePermit("person.change", { personId }), role);
    revalidatePath("/settings/people");
  });
}

export async function disable(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(personInput, form, async ({ personId }) => {
    await disablePerson(await requirePermit("person.change", { personId }));
    revalidatePath("/settings/people");
  });
}

export async function enable(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(personInput, form, async ({ personId }) => {
    await enablePerson(await requirePermit("person.change", { personId }));
    revalidatePath("/settings/people");
  });
}

export async function makePasswordLink(_previous: FormState<MadeLink>, form: FormData): Promise<FormState<MadeLink>> {
  return formAction(personInput, form, async ({ personId }) => {
    const { token } = await createPasswordLink(await requirePermit("person.change", { personId }));
    return { path: `/password/${token}` };
  });
}
