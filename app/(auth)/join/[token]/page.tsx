import type { Metadata } from "next";
import { findInvitation } from "#lib/auth/invitations.ts";
import { roleSentences } from "#lib/auth/schema.ts";
import { AccessForm } from "../../access-form.tsx";
import { AuthCard } from "../../auth-card.tsx";
import { join } from "./actions.ts";

export const metadata: Metadata = { title: "Join" };

export default async function JoinPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  const invitation = await findInvitation(token);
  if (!invitation) {
    return (
      <AuthCard
        title="This invitation no longer works"
        sentence="It was used, withdrawn, or is older than four days. Ask an administrator for a new one."
      />
    );
  }
  const { email, role } = invitation;
  return (
    <AuthCard title={`Join as ${role}`} sentence={`${roleSentences[role]} You will sign in as ${email}.`}>
      <AccessForm action={join} token={token} email={email} submit="Join" />
    </AuthCard>
  );
}
