import type { Metadata } from "next";
import { EmptyState } from "#components/empty-state.tsx";
import { PageHeader } from "#components/page-header.tsx";
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
  if (!permit) {
    return (
      <EmptyState
        title="Administrators see who is here."
        sentence="Ask one of them to invite somebody or change a role."
      />
    );
  }
  const [{ people, invitations }, sessions] = await Promise.all([listPeople(permit), listAllSessions(permit)]);
  const active = people.filter(({ disabledAt }) => disabledAt === null).length;
  return (
    <>
      <PageHeader
        title={active === 1 ? "One person can sign in" : `${active} people can sign in`}
        sentence="A changed role counts from the person's next request on."
      />
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
