import "server-only";
import { parseArgs } from "node:util";
import { appendOfNoSwarm } from "#lib/audit/append.ts";
import { type Clock, systemClock } from "#lib/clock.ts";
import { database } from "#lib/db/client.ts";
import { transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import { insertPasswordLink } from "./password-link.ts";

export const resetUsage = "admin reset <e-mail> [--at https://skep.example.org]";

/** Short: whoever uses the link has just printed it. */
const linkHours = 1;

/**
 * `skep admin reset`: the way back for an administrator who forgot her password and has nobody to ask. Prints a link that
 * sets a new one. Whoever may run this holds the database and the session secret, so it opens nothing that was closed.
 */
export async function resetCommand(
  commandLine: string[],
  { write, clock = systemClock }: { write(line: string): void; clock?: Clock },
): Promise<void> {
  const { email, address } = readOptions(commandLine);
  const token = await createLink(email, clock);
  write(`This link sets a new password for ${email}. It works once, for an hour; their sessions end when it is used:`);
  write(`  ${address}/password/${token}`);
}

function createLink(email: string, clock: Clock): Promise<string> {
  return transaction(async (tx) => {
    const person = await tx.person.findFirst({ where: { email, role: "administrator", disabledAt: null } });
    if (!person) throw await noSuchAdministrator(email);
    const { id, name, role } = person;
    const token = await insertPasswordLink(tx, { email, role, invitedBy: null, now: clock.now(), hours: linkHours });
    await appendOfNoSwarm(tx, { type: "system" }, { type: "person.reset-at-terminal", person: { id, name } });
    return token;
  });
}

async function noSuchAdministrator(email: string): Promise<AppError> {
  const others = await database().person.findMany({
    where: { role: "administrator", disabledAt: null },
    orderBy: { email: "asc" },
  });
  if (others.length === 0) {
    return new AppError(
      "not-found",
      "There is no administrator yet. `npm start` prints the link that makes the first.",
    );
  }
  const known = others.map((person) => person.email).join(", ");
  return new AppError("not-found", `No administrator signs in as ${email}. Give one of: ${known}.`);
}

function readOptions(commandLine: string[]): { email: string; address: string } {
  const { values, positionals } = parse(commandLine);
  const [email, ...more] = positionals;
  const at = URL.parse(values.at ?? "http://127.0.0.1:3000");
  if (!email || more.length > 0 || !at || !/^https?:$/.test(at.protocol)) throw misused();
  return { email: email.trim().toLowerCase(), address: at.origin };
}

function parse(commandLine: string[]) {
  try {
    return parseArgs({ args: commandLine, options: { at: { type: "string" } }, allowPositionals: true, strict: true });
  } catch (cause) {
    throw misused(cause);
  }
}

function misused(cause?: unknown): AppError {
  return new AppError("invalid-input", `This cannot be read. The command is: ${resetUsage}`, { cause });
}
