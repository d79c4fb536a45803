import "server-only";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  RestoreSecretCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { type AwsLogin, withClients } from "../aws-client.ts";
import { openReach } from "../reach.ts";
import type { SettingsOf } from "../schema.ts";
import { maximumBytes } from "./aws-secrets.ts";
import type { Stage } from "./stage.ts";

/** In seconds, for one request of the stage's own. */
const requestSeconds = 30;

/**
 * A real server: one that stands in for AWS (moto, LocalStack) at its endpoint, or AWS itself. It makes each secret
 * that it is asked for, refuses one that was there before it, and deletes what it made without recovery at the end.
 * AWS itself lists a new secret up to five minutes late.
 */
export async function openAwsServer(options: {
  endpoint: string | null;
  region: string;
  keys: AwsLogin;
}): Promise<Stage> {
  const { endpoint, region, keys } = options;
  const reached = { allowsPrivateAddresses: endpoint !== null, authority: null };
  const settings: SettingsOf<"aws"> = {
    kind: "aws",
    region,
    endpoint,
    login: { method: "keys", credential: "aws_keys" },
    role: null,
    allowsPrivateAddresses: reached.allowsPrivateAddresses,
    authorityFile: null,
  };
  const reach = openReach(reached);
  const asking = <T>(work: (secrets: SecretsManagerClient) => Promise<T>): Promise<T> => {
    const signal = AbortSignal.timeout(requestSeconds * 1000);
    return withClients(keys, { settings, reach, signal }, ({ secrets }) => work(secrets));
  };
  const made = new Map<string, { isRemoved: boolean }>();
  async function set(path: string, value: { SecretString: string } | { SecretBinary: Buffer }): Promise<string | null> {
    const one = made.get(path);
    if (one?.isRemoved) await asking((secrets) => secrets.send(new RestoreSecretCommand({ SecretId: path })));
    made.set(path, { isRemoved: false });
    const { VersionId: id } = await asking<{ VersionId?: string }>((secrets) =>
      one
        ? secrets.send(new PutSecretValueCommand({ SecretId: path, ...value }))
        : secrets.send(new CreateSecretCommand({ Name: path, ...value })),
    ).catch((error: unknown) => {
      if (error instanceof ResourceExistsException) made.delete(path);
      throw error;
    });
    return id ?? null;
  }
  return {
    settings,
    credential: async () => fileOf(keys),
    put: (path, fields) => set(path, { SecretString: JSON.stringify(fields) }),
    putBytes: (path, bytes) => set(path, { SecretBinary: bytes }),
    async remove(path) {
      if (!made.has(path)) return;
      await asking((secrets) => secrets.send(new DeleteSecretCommand({ SecretId: path, RecoveryWindowInDays: 7 })));
      made.set(path, { isRemoved: true });
    },
    maximumBytes,
    tellsOnlyLast: true,
    requests: () => null,
    faults: [],
    async end() {
      for (const path of made.keys()) {
        const command = new DeleteSecretCommand({ SecretId: path, ForceDeleteWithoutRecovery: true });
        await asking((secrets) => secrets.send(command));
      }
      reach.close();
    },
  };
}

function fileOf({ accessKeyId, secretAccessKey, sessionToken }: AwsLogin): string {
  const lines = [`aws_access_key_id = ${accessKeyId}`, `aws_secret_access_key = ${secretAccessKey}`];
  if (sessionToken) lines.push(`aws_session_token = ${sessionToken}`);
  return ["[default]", ...lines, ""].join("\n");
}
