import "server-only";
import type { SourceSurroundings } from "./contract.ts";
import { SourceFailure } from "./failure.ts";
import { parseJson } from "./json.ts";
import { networkFailure } from "./network-failure.ts";
import { type Answer, ask, type Reach } from "./reach.ts";
import type { SettingsOf } from "./schema.ts";
import { failureOfStatus, sealIn, unavailable } from "./vault-failure.ts";
import { encodedPath } from "./vault-path.ts";

export type VaultSettings = SettingsOf<"vault">;

export type VaultRequest = {
  /** Below `/v1/`, percent-encoded. */
  path: string;
  query?: Record<string, string>;
  token?: string;
  /** Goes out as JSON, by POST; an empty one too. */
  body?: Record<string, string>;
  /** For the paths that Vault knows outside of any namespace only. */
  isOfRoot?: boolean;
};

export type VaultAnswer = {
  status: number;
  /** Undefined where the body is none. */
  json: unknown;
  retryAfter: string | undefined;
};

/** How one Vault is asked. */
export type Vault = {
  settings: VaultSettings;
  surroundings: SourceSurroundings;
  /** The mount of its settings, percent-encoded. */
  mount: string;
  /** Answers whatever the status; fails where no answer came. */
  exchange(request: VaultRequest, signal: AbortSignal): Promise<VaultAnswer>;
  /** Answers success, 400, 403 and 404, always with JSON but for 204; every other status is a failure. */
  ask(request: VaultRequest, signal: AbortSignal): Promise<VaultAnswer>;
};

/** Of a Vault or an OpenBao, which answer alike. */
export function vaultAt(settings: VaultSettings, surroundings: SourceSurroundings, reach: Reach): Vault {
  const { name, now } = surroundings;

  async function exchange(request: VaultRequest, signal: AbortSignal): Promise<VaultAnswer> {
    const url = urlOf(settings.address, request);
    const headers = headersOf(settings, request);
    const body = request.body ? Buffer.from(JSON.stringify(request.body)) : null;
    try {
      return answerOf(await ask(reach, { url, method: body ? "POST" : "GET", headers, body, signal }));
    } catch (error) {
      throw networkFailure(name, error);
    } finally {
      body?.fill(0);
    }
  }

  async function failureOf503(signal: AbortSignal): Promise<SourceFailure> {
    try {
      const { json } = await exchange({ path: "sys/seal-status", isOfRoot: true }, signal);
      return unavailable(name, settings, sealIn(json));
    } catch {
      return unavailable(name, settings, null);
    }
  }

  return {
    settings,
    surroundings,
    mount: encodedPath(settings.mount, "mount"),
    exchange,
    async ask(request, signal) {
      const answer = await exchange(request, signal);
      if (answer.status === 503) throw await failureOf503(signal);
      const failure = failureOfStatus(name, answer, now());
      if (failure) throw failure;
      if (answer.json === undefined && answer.status !== 204) throw new SourceFailure("broken-answer", name);
      return answer;
    },
  };
}

function urlOf(address: string, { path, query }: VaultRequest): URL {
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/${path}`;
  url.search = new URLSearchParams(query).toString();
  url.hash = "";
  return url;
}

function headersOf({ namespace }: VaultSettings, { token, body, isOfRoot }: VaultRequest): Record<string, string> {
  return {
    "x-vault-request": "true",
    ...(namespace === null || isOfRoot ? {} : { "x-vault-namespace": namespace }),
    ...(token === undefined ? {} : { "x-vault-token": token }),
    ...(body ? { "content-type": "application/json" } : {}),
  };
}

function answerOf({ status, header, body }: Answer): VaultAnswer {
  const json = parseJson(body);
  body.fill(0);
  return { status, json, retryAfter: header("retry-after") };
}
