import "server-only";
import { randomUUID } from "node:crypto";
import type { Transaction } from "#lib/db/transaction.ts";
import { newToken, tokenHash } from "./tokens.ts";

export type PasswordLinkFor = { email: string; role: string; invitedBy: string | null; now: Date; hours: number };

/** The token of a link with which a person sets a new password, once. A newer one of the same person ends the older. */
export async function insertPasswordLink(
  tx: Transaction,
  { email, role, invitedBy, now, hours }: PasswordLinkFor,
): Promise<string> {
  const token = newToken();
  await tx.invitation.deleteMany({ where: { purpose: "password", email, usedAt: null } });
  await tx.invitation.create({
    data: {
      id: randomUUID(),
      purpose: "password",
      email,
      role,
      invitedBy,
      createdAt: now,
      tokenHash: tokenHash("password", token),
      endsAt: new Date(now.getTime() + hours * 3_600_000),
    },
  });
  return token;
}
