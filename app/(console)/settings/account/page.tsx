import type { Metadata } from "next";
import { Section } from "#components/section.tsx";
import { listOwnSessions } from "#lib/auth/queries.ts";
import { requireActor } from "#lib/auth/require.ts";
import { roleSentences } from "#lib/auth/schema.ts";
import { SessionList } from "../session-list.tsx";
import { PasswordForm } from "./password-form.tsx";

export const metadata: Metadata = { title: "You" };

export default async function AccountPage() {
  const actor = await requireActor();
  const sessions = await listOwnSessions(actor);
  const others = sessions.length - 1;
  return (
    <>
      <div>
        <h1 className="text-title">{actor.name}</h1>
        <p className="text-soft">
          {actor.email}, {actor.role}. {roleSentences[actor.role]}
        </p>
      </div>
      <Section title="Password">
        <PasswordForm />
      </Section>
      <Section
        title="Sessions"
        sentence={
          others === 0 ? "You are signed in here and nowhere else." : `You are signed in here and ${others} more times.`
        }
      >
        <SessionList sessions={sessions} />
      </Section>
    </>
  );
}
