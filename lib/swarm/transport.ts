import "server-only";
import { Agent, type IncomingMessage } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { addAbortSignal } from "node:stream";
import { inspect } from "node:util";
import Docker from "dockerode";
import type { DockerAddress } from "./address.ts";
import { SshAgent } from "./ssh.ts";

/** One request to Docker. The body is bytes, so that a value in it can be overwritten, and never becomes part of a URL. */
export type DockerRequest = {
  method: "GET" | "POST" | "DELETE";
  path: string;
  query?: Record<string, string>;
  body?: Buffer;
  signal: AbortSignal;
};

export type DockerAnswer = { statusCode: number; text: string };

/** The bare way to one engine: dockerode's connections, without its handling of parameters and answers. */
export type DockerTransport = {
  call(request: DockerRequest): Promise<DockerAnswer>;
  /** Resolves when the answer begins; it ends with the signal. */
  stream(request: DockerRequest): Promise<IncomingMessage>;
};

export function openTransport(address: DockerAddress): DockerTransport {
  const { modem } = new Docker(optionsFor(address));

  function stream(request: DockerRequest): Promise<IncomingMessage> {
    request.signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      modem.dial(dialOptions(request), (error: Error | null, answer: unknown) => {
        if (error) reject(error);
        else resolve(addAbortSignal(request.signal, answer as IncomingMessage));
      });
    });
  }

  return {
    stream,
    async call(request) {
      const answer = await stream(request);
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk);
      return { statusCode: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
    },
  };
}

/** Given as `file`, dockerode sends the body's bytes as they are and leaves the query alone. */
function dialOptions({ method, path, query, body, signal }: DockerRequest) {
  return {
    method,
    path: query ? `${path}?` : path,
    ...(query ? { options: { _query: query } } : {}),
    ...(body ? { file: body } : {}),
    headers: { "Content-Type": "application/json" },
    isStream: true,
    statusCodes: everyStatus,
    abortSignal: signal,
  };
}

/** Every status is an answer; what it means is said in `errors.ts`. */
const everyStatus = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [index + 100, true]));

/**
 * A connection per call, closed by us: one that is kept may be dead when it is used again. Asking Docker to close it
 * would be worse: Node's last, empty write of a body then breaks the pipe, and the answer is lost with it.
 */
const oneCallEach = { keepAlive: true, maxFreeSockets: 0 };

/** Everything is named, because dockerode fills what is not from the process's environment. */
function optionsFor(address: DockerAddress): Docker.DockerOptions & { agent: Agent } {
  const none = {
    socketPath: undefined,
    host: undefined,
    port: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
    pathPrefix: "/",
    protocol: "http" as const,
  };
  if (address.type === "unix") {
    return { ...none, socketPath: address.socketPath, agent: quiet(new Agent(oneCallEach)) };
  }
  if (address.type === "ssh") {
    return { ...none, host: "docker", port: 80, agent: quiet(new SshAgent(address)) };
  }
  const { host, port, tls } = address;
  if (tls === null) return { ...none, host, port, agent: quiet(new Agent(oneCallEach)) };
  const files = tls === "system" ? {} : tls;
  return { ...none, host, port, protocol: "https", ...files, agent: quiet(new TlsAgent(oneCallEach)) };
}

/** dockerode's connections describe their options in full at each call, sockets and all, even when nobody looks. */
function quiet<A extends Agent>(agent: A): A {
  return Object.assign(agent, { [inspect.custom]: () => "[agent]" });
}
