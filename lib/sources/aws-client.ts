import "server-only";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { STSClient } from "@aws-sdk/client-sts";
import { ask, type Reach } from "./reach.ts";
import type { SettingsOf } from "./schema.ts";

/** What signs a request; one that is lent for a time has a token and an end. */
export type AwsLogin = { accessKeyId: string; secretAccessKey: string; sessionToken?: string; expiration?: Date };

export type AwsClients = { secrets: SecretsManagerClient; sts: STSClient };

/** How AWS is reached for one call, which ends with the signal. */
export type AwsWay = { settings: SettingsOf<"aws">; reach: Reach; signal: AbortSignal };

/** No answer came; the cause is Node's own error. */
export class Unanswered extends Error {}

/**
 * Lends clients of the SDK for one call. They go through the source's reach alone, ask each question once, and take
 * neither addresses nor habits from the environment. What was sent and answered is overwritten at the end.
 */
export async function withClients<T>(
  login: AwsLogin,
  { settings, reach, signal }: AwsWay,
  work: (clients: AwsClients) => Promise<T>,
): Promise<T> {
  const held: Buffer[] = [];
  const usual = {
    region: settings.region,
    credentials: login,
    requestHandler: handlerOver(reach, signal, held),
    maxAttempts: 1,
    retryMode: "standard",
    defaultsMode: "standard" as const,
    ignoreConfiguredEndpointUrls: true,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    authSchemePreference: [],
    userAgentAppId: "skep",
  };
  try {
    return await work({
      secrets: new SecretsManagerClient({ ...usual, ...endpointOf(settings.endpoint) }),
      sts: new STSClient({ ...usual, ...endpointOf(isOneOfAws(settings.endpoint) ? null : settings.endpoint) }),
    });
  } finally {
    for (const bytes of held) bytes.fill(0);
  }
}

/** Its endpoints answer for one service each (a VPC's, a FIPS one), while those who stand in for it answer for all. */
function isOneOfAws(endpoint: string | null): boolean {
  return endpoint !== null && /\.(amazonaws\.(com(\.cn)?|eu)|api\.aws)$/.test(new URL(endpoint).hostname);
}

function endpointOf(endpoint: string | null): { endpoint?: string } {
  return endpoint === null ? {} : { endpoint };
}

type SdkRequest = {
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
};

/** Of an answer's headers the SDK is shown those that it reads. */
const headersRead = ["content-type", "date", "retry-after", "x-amzn-errortype", "x-amzn-requestid"];

/** The SDK's requests, all of which are POST, as requests of the reach: no redirects, and no answer without an end. */
function handlerOver(reach: Reach, signal: AbortSignal, held: Buffer[]) {
  return {
    metadata: { handlerProtocol: "http/1.1" },
    async handle(request: SdkRequest, { abortSignal }: { abortSignal?: AbortSignal } = {}) {
      const { protocol, hostname, port, path, headers } = request;
      const body =
        typeof request.body === "object" ? Buffer.copyBytesFrom(request.body) : Buffer.from(request.body ?? "");
      held.push(body);
      const answer = await ask(reach, {
        url: new URL(`${protocol}//${hostname}${port ? `:${port}` : ""}${path}`),
        method: "POST",
        headers,
        body,
        signal: abortSignal ? AbortSignal.any([signal, abortSignal]) : signal,
      }).catch((error: unknown) => {
        throw isOfNetwork(error) ? new Unanswered("no answer came", { cause: error }) : error;
      });
      held.push(answer.body);
      const shown = headersRead.flatMap((name) => {
        const value = answer.header(name);
        return value === undefined ? [] : [[name, value]];
      });
      return { response: { statusCode: answer.status, headers: Object.fromEntries(shown), body: answer.body } };
    },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
  };
}

/** What Node says of connections has a code; an answer that is no HTTP (`HPE_…`) or has no end came nonetheless. */
function isOfNetwork(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && !code.startsWith("HPE_");
}
