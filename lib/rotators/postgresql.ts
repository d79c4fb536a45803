import "server-only";
import { randomBytes } from "node:crypto";
import { AppError } from "#lib/errors.ts";
import type { SecretValue } from "#lib/value.ts";
import type { Finishing, Rotator, Turn } from "./contract.ts";
import { isRotatorFailure, RotatorFailure, unsent } from "./failure.ts";
import type { OpenRotator } from "./open.ts";
import { checkPostgresql } from "./postgresql-check.ts";
import { connected, type PostgresqlServer, type SignIn } from "./postgresql-connect.ts";
import { failureOf, sqlStateOf } from "./postgresql-failure.ts";
import { setPassword } from "./postgresql-set.ts";
import { scramVerifier } from "./scram.ts";

/** PostgreSQL 14 and later. A connection lasts for one call. */
export const openPostgresql: OpenRotator<"postgresql"> = (settings, { name, credential }, authority) => {
  const closing = new AbortController();
  const server: PostgresqlServer = { name, settings, authority, closed: closing.signal };
  const own = async () => ({ user: settings.user, password: await credential(settings.credential) });
  const inOwnWords = async <T>(work: () => Promise<T>) => {
    try {
      return await work();
    } catch (error) {
      throw failureOf(server, error);
    }
  };
  return {
    check: (asked) => inOwnWords(async () => checkPostgresql(server, await own(), asked?.only ?? null)),
    set: (turn, password) => inOwnWords(async () => set(server, await own(), turn, password)),
    test: (turn, password) => inOwnWords(() => test(server, turn, password)),
    finish: (turn) => inOwnWords(async () => finish(server, turn, own)),
    close: async () => closing.abort(),
  } satisfies Rotator;
};

async function set(server: PostgresqlServer, own: SignIn, turn: Turn, password: SecretValue): Promise<void> {
  const login = loginOf(server, turn);
  const verifier = await password.use((bytes) => {
    if (!isPrintable(bytes)) throw unprintable(server.name);
    return scramVerifier(bytes);
  });
  let isCommitting = false;
  const committing = () => {
    isCommitting = true;
  };
  try {
    await setPassword(server, own, { login, generation: turn.generation }, verifier, committing);
  } catch (error) {
    const failure = failureOf(server, error);
    // A transaction whose end was not asked for is rolled back, however its connection was lost.
    throw isCommitting || !isRotatorFailure(failure) ? failure : unsent(failure);
  }
}

/** A login that is locked out, or asked for with another password, is refused in the same way; both are a no. */
async function test(server: PostgresqlServer, turn: Turn, password: SecretValue): Promise<boolean> {
  const user = loginOf(server, turn);
  try {
    await password.use((bytes) =>
      connected(server, { user, password: bytes.toString() }, async (client) => {
        await client.query("SELECT 1");
      }),
    );
    return true;
  } catch (error) {
    if (["28P01", "28000"].includes(sqlStateOf(error) ?? "")) return false;
    throw error;
  }
}

/** The old login of two keeps its password, so that a way back stays open, unless others know it: then it gets one that nobody does. */
async function finish(server: PostgresqlServer, turn: Finishing, own: () => Promise<SignIn>): Promise<void> {
  const { oldLogin, login, locksOld, generation } = turn;
  if (!locksOld || oldLogin === null || oldLogin === login) return;
  const unknown = randomBytes(32);
  try {
    await setPassword(server, await own(), { login: oldLogin, generation }, await scramVerifier(unknown));
  } finally {
    unknown.fill(0);
  }
}

function loginOf({ name }: PostgresqlServer, { login }: Turn): string {
  if (login !== null) return login;
  throw new AppError("invalid-input", `At ${name}, every password belongs to a login. Name one in its settings.`);
}

function isPrintable(bytes: Buffer): boolean {
  return bytes.every((byte) => byte >= 0x20 && byte <= 0x7e);
}

function unprintable(name: string): RotatorFailure {
  const sentence = `Programs send other characters than printable ASCII to ${name} in different ways. Leave them out of the secret's generator, then rotate again.`;
  return new RotatorFailure("refused", name, { sentence });
}
