import "server-only";
import {
  Agent,
  type ClientRequest,
  type ClientRequestArgs,
  type IncomingMessage,
  request as requestPlain,
} from "node:http";
import { request as requestTls, Agent as TlsAgent } from "node:https";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { AddressRefused, type Allowance, guardedLookup, mayBeAsked } from "./address.ts";

/** The only way to a source: connections to addresses that may be asked, with its own authority where it has one. */
export type Reach = {
  plain: Agent;
  tls: TlsAgent;
  /** Ends what is under way. */
  close(): void;
  closed: AbortSignal;
};

/** In bytes: a value of the largest size of which JSON escapes each byte (\u0026), with room for its surroundings. */
const maximumAnswerBytes = 4 * 1024 * 1024;

/** More than any value needs: what is asked there is not what somebody meant. */
export class AnswerTooLong extends Error {
  readonly code = "ERR_ANSWER_TOO_LONG";
}

/** No answer in time, or none that anybody waits for. */
export class GivenUp extends Error {
  readonly code = "ABORT_ERR";
}

/** What stops a connection before it is opened. */
type Gate = Allowance & { closed: AbortSignal };

export function openReach({ authority, ...allowance }: Allowance & { authority: string | null }): Reach {
  const closing = new AbortController();
  const gate: Gate = { ...allowance, closed: closing.signal };
  const usual = { keepAlive: true, maxSockets: 16, timeout: 30_000, lookup: guardedLookup(gate) };
  const trust = { rejectUnauthorized: true, ...(authority ? { ca: authority } : {}) };
  const plain = guarded(new Agent(usual), gate);
  const tls = guarded(new TlsAgent({ ...usual, ...trust }), gate);
  return {
    plain,
    tls,
    closed: closing.signal,
    close() {
      closing.abort();
      plain.destroy();
      tls.destroy();
    },
  };
}

/** Node looks no name up where there is none: what is written as an address is judged here. What comes after the closing gets no connection. */
function guarded<A extends Agent>(agent: A, gate: Gate): A {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options: ClientRequestArgs, callback) => {
    const host = String(options.host ?? "").replace(/^\[|\]$/g, "");
    const isRefused = isIP(host) !== 0 && !mayBeAsked(host, gate);
    if (!gate.closed.aborted && !isRefused) return connect(options, callback);
    const error = isRefused ? new AddressRefused("this address is not one that may be asked") : new Error("closed");
    callback?.(error, undefined as unknown as Duplex);
    return undefined;
  };
  return agent;
}

export type Answer = { status: number; header(name: string): string | undefined; body: Buffer };

type Question = {
  url: URL;
  method?: "GET" | "POST" | "LIST";
  headers?: Record<string, string>;
  body?: Buffer | null;
  signal: AbortSignal;
  /** Told when there is a connection, its TLS too: until then nothing of the request was sent. */
  connected?: () => void;
};

/**
 * One request, redirects not followed, and nothing compressed. The body of the answer is the caller's to overwrite.
 * Fails with Node's own errors, `AddressRefused`, `AnswerTooLong`, or `GivenUp` when the signal says so; whoever calls knows what
 * to make of it.
 */
export async function ask(
  { plain, tls, closed }: Reach,
  { url, method = "GET", headers = {}, body = null, signal, connected = () => undefined }: Question,
): Promise<Answer> {
  if (signal.aborted || closed.aborted) throw new GivenUp("given up before it was asked");
  const length = body ? { "content-length": String(body.length) } : {};
  const options = { method, headers: { "accept-encoding": "identity", ...headers, ...length } };
  const request =
    url.protocol === "https:"
      ? requestTls(url, { ...options, agent: tls })
      : requestPlain(url, { ...options, agent: plain });
  tellConnected(request, url.protocol === "https:" ? "secureConnect" : "connect", connected);
  return await unlessAborted([signal, closed], answerTo(request, body), () => request.destroy());
}

/** A connection that is used again was made before. */
function tellConnected(request: ClientRequest, made: "connect" | "secureConnect", connected: () => void): void {
  request.once("socket", (socket) => {
    if (socket.connecting) socket.once(made, connected);
    else connected();
  });
}

/** Node's own way with a signal says nothing to a request that still waits for a connection. */
async function unlessAborted<T>(signals: AbortSignal[], work: Promise<T>, stop: () => void): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const giveUp = () => {
    aborted.reject(new GivenUp("given up"));
    stop();
  };
  for (const signal of signals) signal.addEventListener("abort", giveUp);
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    for (const signal of signals) signal.removeEventListener("abort", giveUp);
  }
}

function answerTo(request: ClientRequest, body: Buffer | null): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let isAnswered = false;
    request.on("error", reject);
    request.once("response", (response) => {
      isAnswered = true;
      const status = response.statusCode ?? 0;
      bodyOf(response).then((body) => resolve({ status, header: headersOf(response), body }), reject);
    });
    // An answer of another kind, such as a change of protocol, ends so.
    request.once("close", () => isAnswered || reject(new Error("no answer")));
    request.end(body ?? undefined);
  });
}

/** Fails where the answer breaks off. What was read by then is overwritten. */
async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maximumAnswerBytes) throw new AnswerTooLong("the answer is too long");
    }
    return Buffer.concat(chunks);
  } finally {
    for (const chunk of chunks) chunk.fill(0);
  }
}

function headersOf(response: IncomingMessage): Answer["header"] {
  return (name) => {
    const value = response.headers[name.toLowerCase()];
    return Array.isArray(value) ? value[0] : value;
  };
}
