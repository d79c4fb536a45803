import type { Metadata } from "next";
import { findPasswordLink } from "#lib/auth/password-change.ts";
import { AccessForm } from "../../access-form.tsx";
import { AuthCard } from "../../auth-card.tsx";
import { setPassword } from "./actions.ts";

export const metadata: Metadata = { title: "New password" };

export default async function PasswordPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  const person = await findPasswordLink(token);
  if (!person) {
    return (
      <AuthCard
        title="This link no longer works"
        sentence="It was used, or is older than a day. Ask an administrator for a new one."
      />
    );
  }
  return (
    <AuthCard
      title="Choose a new password"
      sentence={`For ${person.email}. All your sessions end, and you are in again.`}
    >
      <AccessForm action={setPassword} token={token} asksName={false} email={person.email} submit="Set the password" />
    </AuthCard>
  );
}
