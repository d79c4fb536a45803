import "server-only";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { parseJson } from "../json.ts";
import type { Fault } from "./stage.ts";
import type { VaultBooks } from "./vault-books.ts";
import { aboutItself, faultyReply } from "./vault-faults.ts";
import type { Question, Reply } from "./vault-reply.ts";

/** A node: what it is asked goes to its books, unless it has a fault. */
export class VaultNode {
  readonly answered: string[] = [];
  /** What it was asked, with headers, for tests that look at these. */
  readonly questions: Question[] = [];
  fault: Fault | null = null;
  /** Replaces what would be answered, where it answers something. */
  instead: ((question: Question) => Reply | null) | null = null;
  /** What `sys/health` says beside its state. */
  about: object = { version: "1.20.1", enterprise: false, cluster_name: "vault-cluster-1" };
  readonly #unanswered: ServerResponse[] = [];
  readonly #books: VaultBooks;
  readonly #server: ReturnType<typeof createServer>;
  readonly #scheme: "http" | "https";

  constructor(books: VaultBooks, certificate: { cert: string; key: string } | undefined) {
    this.#books = books;
    this.#scheme = certificate ? "https" : "http";
    this.#server = certificate ? createTlsServer(certificate) : createServer();
    this.#server.on("request", async (incoming: IncomingMessage, outgoing: ServerResponse) => {
      try {
        await this.#serve(incoming, outgoing);
      } catch (error) {
        outgoing.destroy();
        throw error;
      }
    });
  }

  /** Resolves to its address. */
  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const { port } = this.#server.address() as AddressInfo;
    return this.#scheme === "https" ? `https://localhost:${port}` : `http://127.0.0.1:${port}`;
  }

  /** Whom it has kept waiting it never answers: their connections end. */
  recover(): void {
    this.fault = null;
    for (const outgoing of this.#unanswered.splice(0)) outgoing.destroy();
  }

  async end(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const question = await questionIn(incoming);
    if (this.fault === "silent") {
      this.#unanswered.push(outgoing);
      return;
    }
    const { status, body, headers = {} } = this.#replyTo(question);
    this.questions.push(question);
    this.answered.push(`${incoming.method} ${incoming.url}`);
    outgoing.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers });
    outgoing.end(Buffer.isBuffer(body) || body === undefined ? body : JSON.stringify(body));
  }

  #replyTo(question: Question): Reply {
    const { fault } = this;
    const reply = this.instead?.(question) ?? (fault ? faultyReply(fault, question) : null);
    return reply ?? aboutItself(question, fault, this.about) ?? this.#books.answer(question);
  }
}

async function questionIn(incoming: IncomingMessage): Promise<Question> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { pathname, searchParams } = new URL(incoming.url ?? "", "http://vault");
  const path = pathname
    .replace(/^\/v1\//, "")
    .split("/")
    .map(decodeURIComponent)
    .join("/");
  const headers = incoming.headers as Record<string, string | undefined>;
  const body = (parseJson(Buffer.concat(chunks)) ?? {}) as Record<string, unknown>;
  return { method: incoming.method ?? "", path, query: searchParams, headers, body };
}
