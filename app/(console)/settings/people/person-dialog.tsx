"use client";

import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { Dialog } from "#components/dialog.tsx";
import { FormError } from "#components/form-error.tsx";
import { type FormState, idleForm, type PersonRow } from "#lib/auth/schema.ts";
import { changeRole, disable, enable, type MadeLink, makePasswordLink } from "./actions.ts";
import { LinkOnce } from "./link-once.tsx";
import { RoleField } from "./role-field.tsx";

/** Everything that an administrator can do for, or with, another person. */
export function PersonDialog({ person }: { person: PersonRow }) {
  return (
    <Dialog trigger="Change" triggerLabel={`Change ${person.name}`} title={person.name} sentence={person.email}>
      <div className="grid divide-y divide-line">
        <RoleForm person={person} />
        {person.disabledAt === null && <PasswordLinkForm person={person} />}
        <PresenceForm person={person} />
      </div>
    </Dialog>
  );
}

function RoleForm({ person }: { person: PersonRow }) {
  const [state, action, isPending] = useActionState(changeRole, idleForm);
  return (
    <form action={action} className="grid gap-3 p-4" noValidate>
      <input type="hidden" name="personId" value={person.id} />
      <RoleField role={state.fields.role ?? person.role} error={state.fieldErrors.role} />
      <FormError sentence={state.formError} />
      <div className="flex items-center gap-3">
        <Button type="submit" isPending={isPending}>
          Change the role
        </Button>
        <p role="status" className="text-soft">
          {state.status === "done" && "It counts from the next request on."}
        </p>
      </div>
    </form>
  );
}

function PasswordLinkForm({ person }: { person: PersonRow }) {
  const [state, action, isPending] = useActionState<FormState<MadeLink>, FormData>(makePasswordLink, idleForm);
  return (
    <form action={action} className="grid gap-3 p-4">
      <input type="hidden" name="personId" value={person.id} />
      <p className="text-soft">A forgotten password is set anew by a link. It works once, for a day.</p>
      <FormError sentence={state.formError} />
      {state.result ? (
        <LinkOnce path={state.result.path} sentence={`Pass this link to ${person.name}. It is shown only now.`} />
      ) : (
        <div>
          <Button type="submit" isPending={isPending}>
            Make a link for a new password
          </Button>
        </div>
      )}
    </form>
  );
}

function PresenceForm({ person }: { person: PersonRow }) {
  const isDisabled = person.disabledAt !== null;
  const [state, action, isPending] = useActionState(isDisabled ? enable : disable, idleForm);
  return (
    <form action={action} className="grid gap-3 p-4">
      <input type="hidden" name="personId" value={person.id} />
      <p className="text-soft">
        {isDisabled
          ? "Lets in again with the same password and role. Old sessions stay ended."
          : "Keeps out: all sessions end at their next request, and operations that this person started move no further service."}
      </p>
      <FormError sentence={state.formError} />
      <div>
        <Button type="submit" isDanger={!isDisabled} isPending={isPending}>
          {isDisabled ? `Enable ${person.name}` : `Disable ${person.name}`}
        </Button>
      </div>
    </form>
  );
}
