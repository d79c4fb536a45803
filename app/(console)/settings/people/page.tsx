import type { Metadata } from "next";
import { Section } from "#components/section.tsx";
import { listAllSessions, listPeople } from "#lib/auth/queries.ts";
import { findPermit } from "#lib/auth/require.ts";
import { SessionList } from "../session-list.tsx";
import { InvitationList } from "./invitation-list.tsx";
import { InviteForm } from "./invite-form.tsx";
import { PeopleList } from "./people-list.tsx";

export const metadata: Metadata = { title: "People" };

export default async function PeoplePage() {
  const permit = await findPermit("person.read", {});
  if (!permit) return <p className="text-soft">Administrators see who is here. Ask one of them to invite somebody.</p>;
  const [{ people, invitations }, sessions] = await Promise.all([listPeople(permit), listAllSessions(permit)]);
  const active = people.filter(({ disabledAt }) => disabledAt === null).length;
  return (
    <>
      <div>
        <h1 className="text-title">{active === 1 ? "One person can sign in" : `${active} people can sign in`}</h1>
        <p className="text-soft">What they change counts from their next request on.</p>
      </div>
      <Section title="Invite somebody" sentence="You get a link to pass on. It works once, for four days.">
        <InviteForm />
        <InvitationList invitations={invitations} />
      </Section>
      <Section title="People">
        <PeopleList people={people} />
      </Section>
      <Section title="Everybody's sessions">
        <SessionList sessions={sessions} showsPerson />
      </Section>
    </>
  );
}
