"use client";

import { useActionState } from "react";
import { Until } from "#components/ago.tsx";
import { Button } from "#components/button.tsx";
import { FormError } from "#components/form-error.tsx";
import { type InvitationRow, idleForm } from "#lib/auth/schema.ts";
import { withdraw } from "./actions.ts";

export function InvitationList({ invitations }: { invitations: InvitationRow[] }) {
  if (invitations.length === 0) return null;
  return (
    <ul className="divide-y divide-line border-line border-t">
      {invitations.map((invitation) => (
        <Invitation key={invitation.id} invitation={invitation} />
      ))}
    </ul>
  );
}

function Invitation({ invitation: { id, email, role, invitedBy, endsAt } }: { invitation: InvitationRow }) {
  const [state, action, isPending] = useActionState(withdraw, idleForm);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
      <p className="min-w-0 flex-1 basis-60">
        {email} <span className="text-soft">as {role}</span>
        <span className="block text-faint text-small">
          invited by {invitedBy}, ends <Until at={endsAt} />
        </span>
      </p>
      <form action={action} className="flex items-center gap-3">
        <input type="hidden" name="invitationId" value={id} />
        <input type="hidden" name="role" value={role} />
        <FormError sentence={state.formError} />
        <Button type="submit" isPending={isPending} aria-label={`Withdraw the invitation of ${email}`}>
          Withdraw
        </Button>
      </form>
    </li>
  );
}
