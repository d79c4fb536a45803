import "server-only";
import { randomBytes } from "node:crypto";
import { isRotatorFailure, RotatorFailure } from "./failure.ts";
import { connected, type PostgresqlServer, unasked } from "./postgresql-connect.ts";
import { failureOf, sqlStateOf } from "./postgresql-failure.ts";

/**
 * That the server asks these logins for their passwords: each is signed in as once, with a password that is nobody's,
 * which has to be the reason why it is refused. All else would come out after a new password is set. A server that keeps
 * such a refusal back (`auth_delay`) has asked all the same. Of several failures the first login's is told.
 */
export async function requireAsked(server: PostgresqlServer, logins: readonly string[]): Promise<void> {
  const outcomes = await Promise.allSettled(logins.map((login) => requireOneAsked(server, login)));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

async function requireOneAsked(server: PostgresqlServer, user: string): Promise<void> {
  const password = randomBytes(32).toString("base64url");
  let isAsked = false;
  const onAsked = () => {
    isAsked = true;
  };
  try {
    await connected(server, { user, password, onAsked }, async () => undefined);
  } catch (error) {
    const state = sqlStateOf(error);
    if (state === "28P01" || (isAsked && state === null && !isRotatorFailure(error))) return;
    throw notAsked(server, user, error);
  }
  throw unasked(server.name, user);
}

/** In the server's own words, with the login that they are about. */
function notAsked(server: PostgresqlServer, user: string, cause: unknown): unknown {
  const { name, settings } = server;
  const state = sqlStateOf(cause);
  if (state === null) return cause;
  if (state === "28000") {
    const sentence = `${name} refuses ${user} from here, whatever its password. Have its pg_hba.conf let ${user} into the database ${settings.database} from Skep's address by scram-sha-256.`;
    return new RotatorFailure("no-login", name, { sentence, cause });
  }
  const failure = failureOf(server, cause);
  const sentence = `As ${user}: ${failure.publicMessage}`;
  return failure instanceof RotatorFailure ? new RotatorFailure(failure.reason, name, { sentence, cause }) : failure;
}
