import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import next from "next";
import { dropForeignForwarding, peerHeader } from "#lib/auth/address.ts";
import { logOf } from "#lib/log.ts";
import type { ServerOptions } from "./options.ts";

export type Pages = { answer: RequestListener; close(): Promise<void> };

/** What pages and actions are asked with. The others would be an error of Next's. */
const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "OPTIONS"]);

/** Next, behind a front door for browsers and an inner one for itself. */
export async function preparePages({ isDev, host, port }: ServerOptions, trustedProxies: string[]): Promise<Pages> {
  const app = next({ dev: isDev, dir: `${import.meta.dirname}/..`, hostname: host, port });
  await app.prepare();
  const handle = app.getRequestHandler();
  const log = logOf("pages");
  const render: RequestListener = (request, response) => {
    outliveConnection(request, response);
    // What Next throws where nobody waits for it would end the process, and with it everybody's page.
    handle(request, response).catch((error: unknown) => {
      log.error("request.failed", error);
      response.destroy();
    });
  };
  // In dev Next tells its tools where it asks itself: then there is no door that a path alone would open.
  const closeInnerDoor = isDev ? async () => undefined : await openInnerDoor(render);
  return {
    answer(request, response) {
      if (!methods.has(request.method ?? "")) {
        response.writeHead(405, { Allow: [...methods].join(", "), "Cache-Control": "no-store" }).end();
        return;
      }
      // Who really is at the other end: set here for every request, so that nobody can claim to be another.
      const peer = request.socket.remoteAddress ?? "";
      request.headers[peerHeader] = peer;
      dropForeignForwarding(request.headers, peer, trustedProxies);
      render(request, response);
    },
    async close() {
      await closeInnerDoor();
      await app.close();
    },
  };
}

/**
 * Next asks itself for the page that an action ends on, and for actions of other pages. At the front door that would fail:
 * its certificate is for another name than this machine's, and whom Next asks for would be lost. This door needs neither,
 * because only this process knows the path to it. The name is private to Next: pages.test.ts fails when Next no longer reads it.
 */
async function openInnerDoor(render: RequestListener): Promise<() => Promise<void>> {
  const path = `/${randomBytes(16).toString("hex")}`;
  const server = createServer((request, response) => {
    if (!request.url?.startsWith(`${path}/`)) return void response.writeHead(404).end();
    request.url = request.url.slice(path.length);
    render(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  process.env.__NEXT_PRIVATE_ORIGIN = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}

/**
 * Where a request has a body, Next puts another stream's ways in place of the request's own. With those, a connection
 * that goes before the answer is out is an error that ends the process, unless somebody listens at that moment.
 */
function outliveConnection(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  const listen = () => request.on("error", () => undefined);
  socket.once("close", listen);
  response.once("finish", () => socket.off("close", listen));
}
