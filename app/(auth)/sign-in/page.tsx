import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { findActor } from "#lib/auth/require.ts";
import { safeReturnPath } from "#lib/auth/return-path.ts";
import { isSetUp } from "#lib/auth/setup.ts";
import { isAppError } from "#lib/errors.ts";
import { AuthCard } from "../auth-card.tsx";
import { SignInForm } from "./sign-in-form.tsx";

export const metadata: Metadata = { title: "Sign in" };

export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<{ returnTo?: string | string[] }>;
}) {
  const returnTo = safeReturnPath((await searchParams).returnTo);
  const { isSignedIn, sentence } = await lookUp();
  if (isSignedIn) redirect(returnTo);
  return (
    <AuthCard title="Sign in" sentence={sentence}>
      <SignInForm returnTo={returnTo} />
    </AuthCard>
  );
}

/** The form stays when Postgres is away: the sentence says why it will not work yet. */
async function lookUp(): Promise<{ isSignedIn: boolean; sentence: string | null }> {
  try {
    if (await findActor()) return { isSignedIn: true, sentence: null };
    const hint = "Nobody can sign in yet: open the set-up link that Skep printed in its terminal.";
    return { isSignedIn: false, sentence: (await isSetUp()) ? null : hint };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { isSignedIn: false, sentence: error.publicMessage };
  }
}
