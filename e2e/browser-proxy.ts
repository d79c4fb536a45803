import { createServer, type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export type Exchange = {
  method: string;
  url: string;
  requestHead: string;
  requestBody: Buffer;
  answerHead: string;
  answerBody: Buffer;
};
export type BrowserProxy = { url: string; exchanges(): Exchange[]; stop(): Promise<void> };

type Growing = Omit<Exchange, "requestBody" | "answerBody"> & { sent: Buffer[]; answered: Buffer[] };

/** What a browser that uses it sends and gets, byte for byte, redirects and streams included. For tests: it holds values. */
export async function startBrowserProxy(): Promise<BrowserProxy> {
  const all: Growing[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming, outgoing) => {
    const { method = "", url = "", headers } = incoming;
    const exchange: Growing = { method, url, requestHead: headText(headers), sent: [], answerHead: "", answered: [] };
    all.push(exchange);
    // Uncompressed, so that what is looked for can be seen.
    const sent = { ...headers, "accept-encoding": "identity" };
    const upstream = request(url, { method, headers: sent, agent: false }, (answer) => {
      exchange.answerHead = `${answer.statusCode}\n${headText(answer.headers)}`;
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.on("data", (chunk: Buffer) => exchange.answered.push(chunk));
      answer.on("error", () => outgoing.destroy());
      answer.pipe(outgoing);
    });
    upstream.on("error", () => outgoing.destroy());
    outgoing.on("close", () => upstream.destroy());
    incoming.on("data", (chunk: Buffer) => exchange.sent.push(chunk));
    incoming.on("error", () => upstream.destroy());
    incoming.pipe(upstream);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exchanges: () =>
      all.map(({ sent, answered, ...exchange }) => ({
        ...exchange,
        requestBody: Buffer.concat(sent),
        answerBody: Buffer.concat(answered),
      })),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function headText(headers: IncomingHttpHeaders): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
}
