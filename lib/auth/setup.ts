import "server-only";
import { randomUUID } from "node:crypto";
import { appendOfNoSwarm } from "#lib/audit/append.ts";
import { type Clock, systemClock } from "#lib/clock.ts";
import { database } from "#lib/db/client.ts";
import { takeLock } from "#lib/db/lock.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { configuration } from "#lib/env.ts";
import { AppError } from "#lib/errors.ts";
import type { RequestOrigin } from "./address.ts";
import { hashPassword } from "./passwords.ts";
import type { SetUpInput } from "./schema.ts";
import { newToken, tokenHash } from "./tokens.ts";

const linkMinutes = 60;

/** The token of a link that makes the first administrator, or null where there is one. It works once, for an hour. */
export async function createSetupLink(clock: Clock = systemClock): Promise<string | null> {
  const token = newToken();
  return transaction(async (tx) => {
    if (await hasAdministrator(tx)) return null;
    const now = clock.now();
    await tx.invitation.deleteMany({ where: { purpose: "set-up", endsAt: { lte: now } } });
    await tx.invitation.create({
      data: {
        id: randomUUID(),
        purpose: "set-up",
        role: "administrator",
        tokenHash: tokenHash("set-up", token),
        createdAt: now,
        endsAt: new Date(now.getTime() + linkMinutes * 60_000),
      },
    });
    return token;
  });
}

/** False as long as there is nobody who could invite others. */
export async function isSetUp(): Promise<boolean> {
  return hasAdministrator(database());
}

/** Whether a set-up link would still work. Looking does not use it up. */
export async function isSetupLinkAlive(token: string, clock: Clock = systemClock): Promise<boolean> {
  const row = await database().invitation.findFirst({ where: aliveLink(token, clock), select: { id: true } });
  return row !== null && !(await hasAdministrator(database()));
}

/** Makes the first administrator by a set-up link. Of two who send it at once, one wins. */
export async function setUp(input: SetUpInput, origin: RequestOrigin, clock: Clock = systemClock): Promise<void> {
  if (!(await isSetupLinkAlive(input.token, clock))) throw closed();
  const passwordHash = await hashPassword(input.password);
  await transaction(async (tx) => {
    await takeLock(tx, "set-up");
    const used = await tx.invitation.updateMany({
      where: aliveLink(input.token, clock),
      data: { usedAt: clock.now() },
    });
    if (used.count === 0 || (await hasAdministrator(tx))) throw closed();
    await insertAdministrator(tx, { ...input, passwordHash }, origin);
  });
}

/**
 * Makes the administrator that the settings name, where there is none yet. Later starts change nothing, so a password
 * that she changed since stays changed.
 */
export async function ensureUnattendedAdministrator(): Promise<void> {
  const { adminEmail, adminPassword } = configuration();
  if (!adminEmail || !adminPassword || (await hasAdministrator(database()))) return;
  const email = adminEmail.trim().toLowerCase();
  const passwordHash = await hashPassword(adminPassword);
  await transaction(async (tx) => {
    await takeLock(tx, "set-up");
    if (await hasAdministrator(tx)) return;
    await insertAdministrator(tx, { name: email.split("@")[0] ?? email, email, passwordHash }, null);
  });
}

function closed(): AppError {
  return new AppError("not-found", "This link no longer works. Start Skep again to get a new one.");
}

/** Once there was one there always is: the last cannot be disabled or given another role. */
async function hasAdministrator(tx: Transaction): Promise<boolean> {
  return (await tx.person.count({ where: { role: "administrator" } })) > 0;
}

async function insertAdministrator(
  tx: Transaction,
  { name, email, passwordHash }: { name: string; email: string; passwordHash: string },
  origin: RequestOrigin | null,
): Promise<void> {
  const id = randomUUID();
  await tx.person.create({ data: { id, name, email, passwordHash, role: "administrator" } });
  const actor = origin ? ({ type: "stranger", ...origin } as const) : ({ type: "system" } as const);
  await appendOfNoSwarm(tx, actor, { type: "person.set-up", person: { id, name } });
}

function aliveLink(token: string, clock: Clock) {
  const hash = tokenHash("set-up", token);
  return { purpose: "set-up", tokenHash: hash, usedAt: null, endsAt: { gt: clock.now() } };
}
