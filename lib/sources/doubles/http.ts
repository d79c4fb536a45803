import "server-only";
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type SettingsOf, sourceSettings } from "../schema.ts";
import { canary, type Fault, type Stage } from "./stage.ts";

type Kept = { body: Buffer; version: number; at: Date };

const token = `token-${randomBytes(18).toString("base64url")}`;
const statuses: Partial<Record<Fault, number>> = {
  throttled: 429,
  failing: 500,
  "expired-login": 401,
  forbidden: 403,
  redirect: 307,
};

/** A plain server of JSON documents and bytes, with an ETag for each, and a token that it wants to see. */
export async function openHttpStage(): Promise<Stage> {
  const kept = new Map<string, Kept>();
  const answered: string[] = [];
  let version = 0;
  let fault: Fault | null = null;

  const server = createServer((request, response) => {
    answered.push(`${request.method} ${request.url}`);
    if (fault) return answerWrongly(fault, request, response);
    if (request.headers.authorization !== `Bearer ${token}`) return response.writeHead(401).end();
    const path = decodeURIComponent((request.url ?? "").replace(/^\/secrets\/?/, ""));
    return answer(kept.get(path), request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  function set(path: string, body: Buffer): string {
    version += 1;
    kept.set(path, { body, version, at: new Date("2026-01-02T03:04:05Z") });
    return tagOf({ version });
  }

  return {
    settings: settingsOf(`http://127.0.0.1:${port}/secrets`),
    credential: async () => token,
    put: async (path, fields) => set(path, Buffer.from(JSON.stringify(fields))),
    putBytes: async (path, bytes) => set(path, Buffer.from(bytes)),
    keepsOnlyLast: true,
    tellsOnlyLast: true,
    remove: async (path) => void kept.delete(path),
    requests: () => [...answered],
    fail: (next) => {
      fault = next;
    },
    faults: ["throttled", "failing", "expired-login", "forbidden", "redirect", "broken", "silent"],
    end: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function settingsOf(address: string): SettingsOf<"http"> {
  const headers = [{ name: "Authorization", credential: "http_token", prefix: "Bearer " }];
  const settings = sourceSettings.parse({ kind: "http", address, headers, allowsPrivateAddresses: true });
  return settings as SettingsOf<"http">;
}

function answer(found: Kept | undefined, request: IncomingMessage, response: ServerResponse): void {
  if (!found) return void response.writeHead(404).end();
  const headers = { etag: tagOf(found), "last-modified": found.at.toUTCString() };
  if (request.headers["if-none-match"] === headers.etag) return void response.writeHead(304, headers).end();
  response.writeHead(200, { ...headers, "content-length": found.body.length }).end(found.body);
}

function answerWrongly(fault: Fault, request: IncomingMessage, response: ServerResponse): void {
  if (fault === "silent") return;
  if (fault === "broken") return void request.socket.end(`${canary} is not HTTP\r\n\r\n${canary}`);
  const headers = { "retry-after": "7", location: `http://127.0.0.1/${canary}`, server: canary, etag: `"${canary}"` };
  response.writeHead(statuses[fault] ?? 500, canary, headers).end(JSON.stringify({ error: canary }));
}

function tagOf({ version }: { version: number }): string {
  return `"v${version}"`;
}
