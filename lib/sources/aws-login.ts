import "server-only";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { LoggableError } from "#lib/errors.ts";
import { type AwsLogin, type AwsWay, Unanswered, withClients } from "./aws-client.ts";
import { awsFailure } from "./aws-failure.ts";
import type { SourceSurroundings } from "./contract.ts";
import { SourceFailure } from "./failure.ts";

/** Finds what the machine has: environment, shared files, web identity, the container's or the machine's role. */
export type FindMachineLogin = (region: string) => Promise<AwsLogin>;

/** The SDK's default chain, which asks addresses of the machine's own, not of the source's settings. */
export const findMachineLogin: FindMachineLogin = (region) => {
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  return defaultProvider({ parentClientConfig: { region }, ignoreCache: true, logger: quiet })();
};

/** In seconds: what the machine's own login may take of a call, so that time is left for the question. */
const machineSeconds = 5;

/** The keys of a file, or what the machine has; and with these the role's, if there is one to assume. */
export async function openLogin(
  way: AwsWay,
  surroundings: SourceSurroundings,
  findOnMachine: FindMachineLogin,
): Promise<AwsLogin> {
  const { login, role } = way.settings;
  const own =
    login.method === "keys"
      ? readKeys(surroundings.name, login.credential, await surroundings.credential(login.credential))
      : await machineLogin(way, surroundings.name, findOnMachine);
  return role === null ? own : assumedLogin(own, way, { role, surroundings });
}

/** A file as AWS writes them: the section `default`, else the first one, or no section at all. */
function readKeys(name: string, credential: string, text: string): AwsLogin {
  const sections = new Map<string, Map<string, string>>([["", new Map()]]);
  let section = "";
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const [, title] = /^\s*\[\s*(?:profile\s+)?([^\]]*?)\s*\]/.exec(line) ?? [];
    const [, key, value] = /^\s*([A-Za-z_]+)\s*=\s*([\x21-\x7e]+)\s*$/.exec(line) ?? [];
    if (title !== undefined) section = title;
    if (!sections.has(section)) sections.set(section, new Map());
    if (key && value) sections.get(section)?.set(key.toLowerCase(), value);
  }
  const filled = [...sections].filter(([, keys]) => keys.size > 0);
  const [, keys] = filled.find(([title]) => title === "default") ?? filled[0] ?? [];
  const accessKeyId = keys?.get("aws_access_key_id");
  const secretAccessKey = keys?.get("aws_secret_access_key");
  const sessionToken = keys?.get("aws_session_token");
  if (!accessKeyId || !secretAccessKey) {
    const sentence = `The credential ${credential} of ${name} holds no keys. Write aws_access_key_id and aws_secret_access_key into it, as AWS does.`;
    throw new SourceFailure("sign-in", name, { sentence });
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

async function machineLogin({ settings, signal }: AwsWay, name: string, find: FindMachineLogin): Promise<AwsLogin> {
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await within(
      AbortSignal.any([signal, AbortSignal.timeout(machineSeconds * 1000)]),
      find(settings.region),
    );
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken ? { sessionToken } : {}),
      ...(expiration ? { expiration } : {}),
    };
  } catch (error) {
    const isLate = error instanceof Unanswered;
    const cause = new LoggableError(isLate ? "the machine's login was not found in time" : "the machine has no login");
    const sentence = `Skep's machine has no login for ${name}. Give it a role or AWS's own settings, or name a credential in the settings of the source.`;
    throw new SourceFailure("sign-in", name, { sentence, cause });
  }
}

async function assumedLogin(
  own: AwsLogin,
  way: AwsWay,
  { role, surroundings }: { role: { arn: string; externalId: string | null }; surroundings: SourceSurroundings },
): Promise<AwsLogin> {
  const { name } = surroundings;
  const isMachine = way.settings.login.method === "machine";
  try {
    return await withClients(own, way, async ({ sts }) => {
      const input = { RoleArn: role.arn, RoleSessionName: "skep", ExternalId: role.externalId ?? undefined };
      const { Credentials: lent } = await sts.send(new AssumeRoleCommand(input));
      if (!lent?.AccessKeyId || !lent.SecretAccessKey || !lent.SessionToken || !lent.Expiration) {
        throw new SourceFailure("broken-answer", name);
      }
      const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } = lent;
      return { accessKeyId, secretAccessKey, sessionToken: lent.SessionToken, expiration: lent.Expiration };
    });
  } catch (error) {
    throw awsFailure(name, error, { question: "assume", isMachine, now: surroundings.now() });
  }
}

/** In seconds: a lent login is renewed this long before its end. */
const renewalSeconds = 300;

export type KeptLogin = { get(): Promise<AwsLogin>; giveUp(refused: AwsLogin): Promise<void>; forget(): void };

/** Keeps one login for all calls, until it is about to end or was refused. */
export function keepLogin(open: () => Promise<AwsLogin>, now: () => Date): KeptLogin {
  let kept: Promise<AwsLogin> | null = null;
  const drop = (one: Promise<AwsLogin>) => {
    if (kept === one) kept = null;
  };
  return {
    async get() {
      const before = kept;
      const login = await before?.catch(() => null);
      if (login && !isEnding(login, now())) return login;
      if (before) drop(before);
      kept ??= open();
      const mine = kept;
      return mine.catch((error: unknown) => {
        drop(mine);
        throw error;
      });
    },
    async giveUp(refused) {
      const before = kept;
      if (before && (await before.catch(() => null)) === refused) drop(before);
    },
    forget() {
      kept = null;
    },
  };
}

function isEnding({ expiration }: AwsLogin, now: Date): boolean {
  return expiration !== undefined && expiration.getTime() - now.getTime() < renewalSeconds * 1000;
}

/** What comes of the work, unless the signal comes first. */
export function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new Unanswered("not in time", { cause: signal.reason }));
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
  });
}
