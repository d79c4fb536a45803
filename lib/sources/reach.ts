import "server-only";
import { Agent, type ClientRequestArgs, request as requestPlain } from "node:http";
import { request as requestTls, Agent as TlsAgent } from "node:https";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { AddressRefused, guardedLookup, mayBeAsked } from "./address.ts";

/** The only way to a source: connections to addresses that may be asked, with its own authority where it has one. */
export type Reach = { plain: Agent; tls: TlsAgent; close(): void };

/** In bytes: a value of the largest size as base64 in JSON, with room for its surroundings. */
const maximumAnswerBytes = 2 * 1024 * 1024;

export function openReach(options: { allowsPrivateAddresses: boolean; authority: string | null }): Reach {
  const lookup = guardedLookup(options);
  const usual = { keepAlive: true, maxSockets: 16, timeout: 30_000, lookup };
  const plain = guarded(new Agent(usual), options);
  const tls = guarded(new TlsAgent({ ...usual, ...(options.authority ? { ca: options.authority } : {}) }), options);
  return {
    plain,
    tls,
    close() {
      plain.destroy();
      tls.destroy();
    },
  };
}

/** Node looks no name up where there is none: what is written as an address is judged here. */
function guarded<A extends Agent>(agent: A, reach: { allowsPrivateAddresses: boolean }): A {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options: ClientRequestArgs, callback) => {
    const host = String(options.host ?? "").replace(/^\[|\]$/g, "");
    if (isIP(host) !== 0 && !mayBeAsked(host, reach)) {
      callback?.(new AddressRefused("this address is not one that may be asked"), undefined as unknown as Duplex);
      return undefined;
    }
    return connect(options, callback);
  };
  return agent;
}

export type Answer = { status: number; header(name: string): string | undefined; body: Buffer };

/**
 * One request, redirects not followed. The body of the answer is the caller's to overwrite. Fails with Node's own
 * errors, `AddressRefused`, or when the signal says so; whoever calls knows what to make of it.
 */
export function ask(
  { plain, tls }: Reach,
  {
    url,
    method = "GET",
    headers = {},
    body = null,
    signal,
  }: {
    url: URL;
    method?: "GET" | "POST" | "LIST";
    headers?: Record<string, string>;
    body?: Buffer | null;
    signal: AbortSignal;
  },
): Promise<Answer> {
  const isTls = url.protocol === "https:";
  const options = {
    method,
    signal,
    headers: { ...headers, ...(body ? { "content-length": String(body.length) } : {}) },
  };
  return new Promise((resolve, reject) => {
    const request = isTls
      ? requestTls(url, { ...options, agent: tls })
      : requestPlain(url, { ...options, agent: plain });
    request.once("error", reject);
    request.once("response", (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maximumAnswerBytes) response.destroy(new Error("the answer is too long"));
        else chunks.push(chunk);
      });
      response.once("error", reject);
      response.once("end", () => {
        const header = (name: string) => {
          const value = response.headers[name];
          return Array.isArray(value) ? value[0] : value;
        };
        resolve({ status: response.statusCode ?? 0, header, body: joined(chunks) });
      });
    });
    request.end(body ?? undefined);
  });
}

function joined(chunks: Buffer[]): Buffer {
  const whole = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  return whole;
}
