import "server-only";
import {
  DescribeSecretCommand,
  type DescribeSecretResponse,
  GetSecretValueCommand,
  type GetSecretValueResponse,
  ListSecretsCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { GetCallerIdentityCommand, type STSClient } from "@aws-sdk/client-sts";
import { browse } from "./aws-browse.ts";
import { type AwsClients, type AwsLogin, withClients } from "./aws-client.ts";
import { type AwsQuestion, awsFailure, nameOf } from "./aws-failure.ts";
import { type FindMachineLogin, findMachineLogin, keepLogin, openLogin, within } from "./aws-login.ts";
import { type AwsPath, isVersionId, parseAwsPath } from "./aws-path.ts";
import { type Adapter, callTimeoutSeconds, type Payload, type SourceSurroundings } from "./contract.ts";
import { isSourceFailure, SourceFailure } from "./failure.ts";
import { memberOf } from "./json.ts";
import type { Reach } from "./reach.ts";
import type { SettingsOf, SourceCheck, SourceVersion } from "./schema.ts";

/** AWS Secrets Manager: paths are names or ARNs, with a staging label after `#`; versions are the ids that carry it. */
export function openAws(
  settings: SettingsOf<"aws">,
  surroundings: SourceSurroundings,
  reach: Reach,
  findOnMachine: FindMachineLogin = findMachineLogin,
): Adapter {
  const { name } = surroundings;
  const inTime = () => AbortSignal.timeout(callTimeoutSeconds * 1000);
  const open = () => openLogin({ settings, reach, signal: inTime() }, surroundings, findOnMachine);
  const login = keepLogin(open, () => surroundings.now());

  async function asking<T>(
    question: AwsQuestion,
    work: (clients: AwsClients, login: AwsLogin) => Promise<T>,
  ): Promise<T> {
    const signal = inTime();
    const failure = (error: unknown) =>
      awsFailure(name, error, { question, isMachine: settings.login.method === "machine", now: surroundings.now() });
    const attempt = (one: AwsLogin) =>
      withClients(one, { settings, reach, signal }, (clients) => work(clients, one)).catch((error: unknown) => {
        throw failure(error);
      });
    try {
      const first = await within(signal, login.get());
      return await attempt(first).catch(async (refusal: unknown) => {
        if (!isSourceFailure(refusal) || refusal.reason !== "sign-in") throw refusal;
        await login.giveUp(first);
        const fresh = await within(signal, login.get());
        if (isSame(first, fresh)) throw refusal;
        return attempt(fresh);
      });
    } catch (error) {
      throw failure(error);
    }
  }

  return {
    check: () => asking("list", (clients, one) => checked(settings, clients, one)),
    browse: (folder, page) => asking("list", ({ secrets }) => browse(secrets, folder, page)),
    versions: async (path, since) => {
      const { secretId, label } = parseAwsPath(path, settings.region);
      const described = await asking("describe", ({ secrets }) =>
        secrets.send(new DescribeSecretCommand({ SecretId: secretId })),
      );
      return versionsOf(name, described, { label, since });
    },
    fetch: async (path, versionId) => {
      const wanted = parseAwsPath(path, settings.region);
      if (versionId !== null && !isVersionId(versionId)) throw new SourceFailure("not-found", name);
      const answer = await asking("read", ({ secrets }) => readVersion(secrets, wanted, versionId));
      return payloadOf(name, answer, { versionId, label: wanted.label });
    },
    fieldOf: memberOf,
    close: async () => login.forget(),
  };
}

function isSame(one: AwsLogin, other: AwsLogin): boolean {
  return (
    one.accessKeyId === other.accessKeyId &&
    one.secretAccessKey === other.secretAccessKey &&
    one.sessionToken === other.sessionToken
  );
}

/** A login need not be allowed to list: the names of secrets can be typed. */
async function checked(
  settings: SettingsOf<"aws">,
  { secrets, sts }: AwsClients,
  login: AwsLogin,
): Promise<SourceCheck> {
  const [isListing, arn] = await Promise.all([mayList(secrets), callerOf(sts)]);
  const method =
    settings.login.method === "keys" ? `the keys in ${settings.login.credential}` : "the login of Skep's machine";
  const who = arn ?? settings.role?.arn ?? method;
  const may = isListing
    ? "may list secrets"
    : "may not list secrets (secretsmanager:ListSecrets), so that names have to be typed";
  const until = login.expiration ? `; lent until ${login.expiration.toISOString()}, renewed before` : "";
  const at = settings.endpoint === null ? "" : `, asked at ${new URL(settings.endpoint).host}`;
  return { software: `AWS Secrets Manager in ${settings.region}${at}`, login: `${who} ${may}${until}` };
}

async function mayList(secrets: SecretsManagerClient): Promise<boolean> {
  try {
    await secrets.send(new ListSecretsCommand({ MaxResults: 1 }));
    return true;
  } catch (error) {
    if (nameOf(error)?.startsWith("AccessDenied")) return false;
    throw error;
  }
}

/** In seconds: STS may be out of reach where Secrets Manager is not, and only says who the login is. */
const callerSeconds = 3;

async function callerOf(sts: STSClient): Promise<string | null> {
  try {
    const abortSignal = AbortSignal.timeout(callerSeconds * 1000);
    const { Arn: arn } = await sts.send(new GetCallerIdentityCommand({}), { abortSignal });
    return arn && /^arn:aws[a-z-]*:(iam|sts)::\d{12}:[\w+=,.@/-]{1,600}$/.test(arn) ? arn : null;
  } catch {
    return null;
  }
}

/**
 * AWS does not order versions: whichever carries the label now, and is not the one already known, is the newer one.
 * Deletion counts for the secret as a whole, so it is told of a known version too.
 */
function versionsOf(
  name: string,
  { VersionIdsToStages: labels = {}, DeletedDate: deleted }: DescribeSecretResponse,
  { label, since }: { label: string; since: string | null },
): SourceVersion[] {
  const [id] = Object.entries(labels).find(([, carried]) => carried.includes(label)) ?? [];
  if (id === undefined && since === null) {
    const sentence = `No version of the secret at ${name} carries the label ${label}. Look at the secret there, or at the label.`;
    throw new SourceFailure("not-found", name, { sentence });
  }
  if (id === undefined || (id === since && !deleted)) return [];
  if (!isVersionId(id)) throw new SourceFailure("broken-answer", name);
  return [{ id, createdAt: null, state: deleted ? "deleted" : "there" }];
}

/**
 * A policy may allow versions by their label alone, so the label is named beside the id; once it has moved on, AWS
 * refuses the two together, and the id alone says which version is meant.
 */
async function readVersion(
  secrets: SecretsManagerClient,
  { secretId, label }: AwsPath,
  versionId: string | null,
): Promise<GetSecretValueResponse> {
  const input = { SecretId: secretId, VersionStage: label };
  if (versionId === null) return secrets.send(new GetSecretValueCommand(input));
  try {
    return await secrets.send(new GetSecretValueCommand({ ...input, VersionId: versionId }));
  } catch (error) {
    if (nameOf(error) !== "InvalidRequestException") throw error;
    return secrets.send(new GetSecretValueCommand({ SecretId: secretId, VersionId: versionId }));
  }
}

function payloadOf(
  name: string,
  { VersionId: id, VersionStages: labels, SecretString: text, SecretBinary: binary }: GetSecretValueResponse,
  wanted: { versionId: string | null; label: string },
): { versionId: string; payload: Payload } {
  const bytes = binary ? Buffer.from(binary.buffer, binary.byteOffset, binary.byteLength) : Buffer.from(text ?? "");
  const isWanted = wanted.versionId === null ? labels?.includes(wanted.label) !== false : id === wanted.versionId;
  if (id && isWanted && (binary || text !== undefined)) return { versionId: id, payload: { has: "bytes", bytes } };
  bytes.fill(0);
  throw new SourceFailure("broken-answer", name);
}
