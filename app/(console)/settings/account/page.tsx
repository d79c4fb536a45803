import type { Metadata } from "next";
import { PageHeader } from "#components/page-header.tsx";
import { Section } from "#components/section.tsx";
import { listOwnSessions } from "#lib/auth/queries.ts";
import { requireActor } from "#lib/auth/require.ts";
import { roleSentences } from "#lib/auth/schema.ts";
import { SessionList } from "../session-list.tsx";
import { PasswordForm } from "./password-form.tsx";
import { SignOutForm } from "./sign-out-form.tsx";

export const metadata: Metadata = { title: "You" };

export default async function AccountPage() {
  const actor = await requireActor();
  const sessions = await listOwnSessions(actor);
  return (
    <>
      <PageHeader title={actor.name} sentence={`${actor.email}, ${actor.role}. ${roleSentences[actor.role]}`}>
        <SignOutForm />
      </PageHeader>
      <Section title="Password">
        <PasswordForm />
      </Section>
      <Section title="Sessions" sentence={elsewhere(sessions.length - 1)}>
        <SessionList sessions={sessions} />
      </Section>
    </>
  );
}

function elsewhere(others: number): string {
  if (others === 0) return "You are signed in here and nowhere else.";
  return `You are signed in here and ${others === 1 ? "in one more place" : `in ${others} more places`}.`;
}
