import "server-only";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

export type RecordedRequest = {
  method: string;
  path: string;
  body: Buffer;
  /** What Docker answered, whether or not the answer was passed on; null while it did not. */
  statusCode: number | null;
};

/**
 * What becomes of a request: Docker gets it and answers; the connection breaks once it is here in full, before Docker
 * sees it; Docker acts on it and its answer is lost; or somebody answers in Docker's place.
 */
export type Fate = "passed on" | "broken off" | "answer lost" | ((body: Buffer) => FalseAnswer);
export type FalseAnswer = { statusCode: number; text: string };

export type RecordingProxy = {
  /** What was asked so far, in the order in which it began; bodies grow while they arrive. */
  requests(): RecordedRequest[];
  /** Cuts every connection and removes the socket. Safe to call twice. */
  stop(): Promise<void>;
};

/** Stands in front of a Docker socket and remembers each request byte for byte. For tests: it holds values. */
export async function startRecordingProxy(options: {
  socketPath: string;
  targetSocketPath: string;
  /** Asked before Docker sees a request: it may wait, and says what becomes of it. */
  meets?: (request: { method: string; path: string }) => Fate | Promise<Fate>;
  /** Told of each answer of Docker's that is here in full, before the client has its end. */
  hears?: (exchange: RecordedRequest & { answer: Buffer }) => void;
}): Promise<RecordingProxy> {
  const { socketPath, targetSocketPath, meets = () => "passed on", hears } = options;
  const recorded: Recorded[] = [];
  const sockets = new Set<Socket | Duplex>();

  function record(incoming: IncomingMessage): Recorded {
    const entry = { method: incoming.method ?? "", path: incoming.url ?? "", chunks: [], statusCode: null };
    recorded.push(entry);
    return entry;
  }

  const server = createServer(async (incoming, outgoing) => {
    const entry = record(incoming);
    const { chunks } = entry;
    const fate = await meets({ method: incoming.method ?? "", path: incoming.url ?? "" });
    incoming.on("data", (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
    if (fate === "broken off") incoming.on("end", () => incoming.socket.destroy());
    else if (typeof fate === "function") incoming.on("end", () => answerWith(fate(Buffer.concat(chunks)), outgoing));
    else {
      const tell = (answer: Buffer) => {
        hears?.({ ...asRequest(entry), answer });
      };
      const isAnswerLost = fate === "answer lost";
      forward({ incoming, outgoing, entry, socketPath: targetSocketPath, isAnswerLost, tell: hears ? tell : null });
    }
  });
  // Docker closes no idle connection: who keeps one would meet its end just when it is used.
  server.keepAliveTimeout = 0;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (incoming, socket, head) => {
    const { chunks } = record(incoming);
    sockets.add(socket);
    hijack({ incoming, socket, head, chunks, targetSocketPath });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  return {
    requests: () => recorded.map(asRequest),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

type Recorded = Omit<RecordedRequest, "body"> & { chunks: Buffer[] };

function asRequest({ chunks, ...entry }: Recorded): RecordedRequest {
  return { ...entry, body: Buffer.concat(chunks) };
}

/** If Docker closed the connection first, Node's last write of a body would lose the answer. */
const closedByUs = new Agent({ keepAlive: true, maxFreeSockets: 0 });

/** Streams both ways; whoever ends first, the other side is told at once, so that no event stream stays half-open. */
function forward(exchange: {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  entry: Recorded;
  socketPath: string;
  isAnswerLost: boolean;
  tell: ((answer: Buffer) => void) | null;
}): void {
  const { incoming, outgoing, entry, socketPath, isAnswerLost, tell } = exchange;
  const { method, url: path } = incoming;
  const { connection: _, ...headers } = incoming.headers;
  const upstream = request({ socketPath, method, path, headers, agent: closedByUs }, (answer) => {
    entry.statusCode = answer.statusCode ?? null;
    if (tell) collect(answer, tell);
    if (isAnswerLost) {
      answer.resume().on("close", () => incoming.socket.destroy());
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    outgoing.flushHeaders();
    answer.pipe(outgoing);
    answer.on("error", () => outgoing.destroy());
  });
  upstream.on("error", () => outgoing.destroy());
  outgoing.on("close", () => upstream.destroy());
  incoming.pipe(upstream);
}

function collect(answer: IncomingMessage, tell: (bytes: Buffer) => void): void {
  const chunks: Buffer[] = [];
  answer.on("data", (chunk: Buffer) => chunks.push(chunk));
  answer.on("end", () => tell(Buffer.concat(chunks)));
}

function answerWith({ statusCode, text }: FalseAnswer, outgoing: ServerResponse): void {
  outgoing.writeHead(statusCode, { "Content-Type": "application/json" }).end(text);
}

/** After an upgrade both ends speak as they like: bytes are passed on, and the client's are kept. */
function hijack(options: {
  incoming: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  chunks: Buffer[];
  targetSocketPath: string;
}): void {
  const { incoming, socket, head, chunks, targetSocketPath } = options;
  const upstream = connect(targetSocketPath);
  const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    lines.push(`${incoming.rawHeaders[index]}: ${incoming.rawHeaders[index + 1]}`);
  }
  upstream.write(`${lines.join("\r\n")}\r\n\r\n`);
  if (head.length > 0) upstream.write(head);
  chunks.push(Buffer.from(head));
  socket.on("data", (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
  socket.pipe(upstream).pipe(socket);
  const end = () => {
    socket.destroy();
    upstream.destroy();
  };
  for (const side of [socket, upstream]) side.on("error", end).on("close", end);
}
