import "server-only";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { answer, type DockerQuestion } from "./docker-api.ts";
import type { ModelSwarm } from "./swarm.ts";

export type ModelSocket = { stop(): Promise<void> };

/** How often the model's tasks move on; the wall clock is its clock. */
const tickMilliseconds = 25;

/** The model behind a Unix socket, for processes that know nothing of it: an engine in all that the executor asks. */
export async function startModelSocket(options: { model: ModelSwarm; socketPath: string }): Promise<ModelSocket> {
  const { model, socketPath } = options;
  model.now = Date.now();
  const catchUp = () => model.advance(Math.max(0, Date.now() - model.now) / 1000);
  const timer = setInterval(catchUp, tickMilliseconds);
  const server = createServer(async (incoming, outgoing) => {
    const question = await questionIn(incoming);
    catchUp();
    const { statusCode, body } = answer(model, question);
    reply(outgoing, statusCode, body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  return {
    async stop() {
      clearInterval(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function questionIn(incoming: IncomingMessage): Promise<DockerQuestion> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://docker");
  const text = Buffer.concat(chunks).toString();
  return {
    method: incoming.method ?? "GET",
    path: pathname,
    query: Object.fromEntries(searchParams),
    ...(text === "" ? {} : { body: JSON.parse(text) }),
  };
}

function reply(outgoing: ServerResponse, statusCode: number, body: unknown): void {
  outgoing.writeHead(statusCode, { "Content-Type": "application/json" });
  outgoing.end(body === null ? "" : JSON.stringify(body));
}
