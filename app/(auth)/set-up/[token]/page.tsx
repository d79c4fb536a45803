import type { Metadata } from "next";
import Link from "next/link";
import { isSetUp, isSetupLinkAlive } from "#lib/auth/setup.ts";
import { AccessForm } from "../../access-form.tsx";
import { AuthCard } from "../../auth-card.tsx";
import { setUp } from "./actions.ts";

export const metadata: Metadata = { title: "Set up" };

export default async function SetUpPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  if (await isSetUp()) {
    return (
      <AuthCard
        title="Skep is set up already"
        sentence={
          <>
            This link worked once.{" "}
            <Link href="/sign-in" className="underline">
              Sign in
            </Link>
            , or ask an administrator for an invitation.
          </>
        }
      />
    );
  }
  if (!(await isSetupLinkAlive(token))) {
    return (
      <AuthCard
        title="This link no longer works"
        sentence="A set-up link works once, for an hour. Stop Skep and start it again: it prints a new one."
      />
    );
  }
  return (
    <AuthCard
      title="Become the administrator"
      sentence="You will be the first one in. Everybody else is invited by you, from the settings."
    >
      <AccessForm action={setUp} token={token} email={null} submit="Set up Skep" />
    </AuthCard>
  );
}
