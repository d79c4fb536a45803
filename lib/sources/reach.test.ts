import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, getDefaultAutoSelectFamily, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { testAuthority } from "#lib/swarm/test-certificates.ts";
import { AddressRefused } from "./address.ts";
import { networkFailure } from "./network-failure.ts";
import { AnswerTooLong, ask, GivenUp, openReach } from "./reach.ts";

type Seen = { port: number; connections: Socket[]; requests: string[] };

async function listen(server: Server, answer?: RequestListener): Promise<Seen> {
  const seen: Seen = { port: 0, connections: [], requests: [] };
  server.on("connection", (socket) => seen.connections.push(socket));
  server.on("request", (request, response) => {
    seen.requests.push(`${request.method} ${request.url}`);
    answer?.(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of seen.connections) socket.destroy();
    server.close();
  });
  return { ...seen, port: (server.address() as AddressInfo).port };
}

function serve(answer: (response: ServerResponse, request: IncomingMessage) => void): Promise<Seen> {
  return listen(createServer(), (request, response) => answer(response, request));
}

function reach(options: Partial<Parameters<typeof openReach>[0]> = {}) {
  const opened = openReach({ allowsPrivateAddresses: true, authority: null, ...options });
  onTestFinished(() => opened.close());
  return opened;
}

const soon = () => AbortSignal.timeout(5000);
const local = ({ port }: Seen, path = "/") => new URL(`http://127.0.0.1:${port}${path}`);

describe("an answer", () => {
  it("is given as it came: status, headers of any case, and the body byte for byte", async () => {
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const server = await serve((response) =>
      response.writeHead(418, { "X-One": "1", "Set-Cookie": ["a=1", "b=2"] }).end(every),
    );
    const { status, header, body } = await ask(reach(), { url: local(server), signal: soon() });
    expect({ status, one: header("x-ONE"), cookie: header("set-cookie"), none: header("x-two") }).toEqual({
      status: 418,
      one: "1",
      cookie: "a=1",
      none: undefined,
    });
    expect(body.equals(every)).toBe(true);
  });

  it("to a body that was sent has seen all of it, with its length", async () => {
    const server = await serve(async (response, request) => {
      const chunks = await request.toArray();
      response.end(`${request.headers["content-length"]} ${Buffer.concat(chunks)} ${request.headers["x-a"]}`);
    });
    const question = {
      url: local(server),
      method: "POST" as const,
      body: Buffer.from("söme"),
      headers: { "x-a": "b" },
    };
    expect((await ask(reach(), { ...question, signal: soon() })).body.toString()).toBe("5 söme b");
  });

  it("that leads elsewhere is not followed", async () => {
    const server = await serve((response) => response.writeHead(302, { location: "/elsewhere" }).end());
    expect((await ask(reach(), { url: local(server), signal: soon() })).status).toBe(302);
    await delay(50);
    expect(server.requests).toEqual(["GET /"]);
  });

  it("is not asked for compressed, and one that is stays as it came", async () => {
    const packed = gzipSync("value");
    const server = await serve((response, request) => {
      response
        .writeHead(200, { "content-encoding": "gzip", "x-asked": request.headers["accept-encoding"] })
        .end(packed);
    });
    const { header, body } = await ask(reach(), { url: local(server), signal: soon() });
    expect(header("x-asked")).toBe("identity");
    expect(body.equals(packed)).toBe(true);
  });

  it.each([4 * 1024 * 1024 + 1, 64 * 1024 * 1024])(
    "of %d bytes is too long, and is not read to its end",
    async (length) => {
      const server = await serve((response) => response.writeHead(200).end(Buffer.alloc(length, "x")));
      await expect(ask(reach(), { url: local(server), signal: soon() })).rejects.toBeInstanceOf(AnswerTooLong);
      await expect.poll(() => server.connections.every((socket) => socket.destroyed)).toBe(true);
      expect(server.connections.reduce((sum, socket) => sum + socket.bytesWritten, 0)).toBeLessThan(length + 1000);
    },
  );

  it("of the largest size is read", async () => {
    const server = await serve((response) => response.end(Buffer.alloc(4 * 1024 * 1024, "x")));
    const { body } = await ask(reach(), { url: local(server), signal: soon() });
    expect(body.length).toBe(4 * 1024 * 1024);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ["before its headers", (response) => response.socket?.destroy()],
    ["before the length that it named", (response) => cutAfter(response, { "content-length": "100" })],
    ["in its chunks", (response) => cutAfter(response, { "transfer-encoding": "chunked" })],
    ["by changing the protocol", (response) => response.writeHead(101, { upgrade: "x", connection: "upgrade" }).end()],
  ])("that breaks off %s is none", async (_where, answer) => {
    const server = await serve(answer);
    const error = await ask(reach(), { url: local(server), signal: soon() }).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(GivenUp);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ["does not come", () => undefined],
    ["comes without its body", (response) => response.writeHead(200, { "content-length": "10" }).flushHeaders()],
    ["trickles", trickle],
  ])("that %s in time is given up, with its connection", async (_how, answer) => {
    const server = await serve(answer);
    const started = performance.now();
    await expect(ask(reach(), { url: local(server), signal: AbortSignal.timeout(300) })).rejects.toThrow();
    expect(performance.now() - started).toBeLessThan(10_000);
    await expect.poll(() => server.connections.every((socket) => socket.destroyed)).toBe(true);
  });
});

describe("a connection", () => {
  const refused = [
    ...["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "017700000001", "0x7f.0.0.1", "127.0.0.1."],
    ...[
      "[::1]",
      "[::ffff:127.0.0.1]",
      "[::ffff:7f00:1]",
      "[0:0:0:0:0:0:0:1]",
      "[64:ff9b::7f00:1]",
      "[::127.0.0.1]",
      "0",
    ],
  ];

  it.each(["http", "https"])(
    "is not opened by %s to an address that is refused, however it is written",
    async (protocol) => {
      const server = await serve((response) => response.end("reached"));
      for (const host of refused) {
        const url = new URL(`${protocol}://${host}:${server.port}/`);
        const asked = ask(reach({ allowsPrivateAddresses: false }), { url, signal: soon() });
        await expect(asked, host).rejects.toMatchObject({ code: "ERR_ADDRESS_REFUSED" });
      }
      expect(server.connections).toEqual([]);
    },
  );

  it.each(["http", "https"])("is never opened by %s to where clouds keep their metadata", async (protocol) => {
    for (const host of [
      "169.254.169.254",
      "2852039166",
      "[fe80::a9fe:a9fe]",
      "[::ffff:a9fe:a9fe]",
      "[fd00:ec2::254]",
    ]) {
      const asked = ask(reach(), { url: new URL(`${protocol}://${host}/`), signal: soon() });
      await expect(asked, host).rejects.toBeInstanceOf(AddressRefused);
    }
  });

  it("to a name tries all its addresses, each of them judged", async () => {
    expect(getDefaultAutoSelectFamily()).toBe(true);
    const server = await serve((response) => response.end("reached"));
    const asked = ask(reach(), { url: new URL(`http://localhost:${server.port}/`), signal: soon() });
    expect((await asked).body.toString()).toBe("reached");
  });

  it("is used again, and is another one after the reach was closed and opened anew", async () => {
    const server = await serve((response) => response.end("ok"));
    const first = reach();
    for (let asked = 0; asked < 3; asked += 1) await ask(first, { url: local(server), signal: soon() });
    expect(server.connections.length).toBe(1);
    first.close();
    await ask(reach(), { url: local(server), signal: soon() });
    expect(server.connections.length).toBe(2);
    await expect.poll(() => server.connections[0]?.destroyed).toBe(true);
  });

  it("is not waited for longer than the signal allows, where all are taken", async () => {
    const server = await serve(() => undefined);
    const reached = reach();
    const started = performance.now();
    const asked = Array.from({ length: 20 }, () =>
      ask(reached, { url: local(server), signal: AbortSignal.timeout(300) }),
    );
    for (const outcome of await Promise.allSettled(asked)) expect(outcome.status).toBe("rejected");
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it("is not opened for those that still wait when the reach is closed, nor afterwards", async () => {
    const server = await serve(() => undefined);
    const closing = reach();
    const asked = Array.from({ length: 40 }, () => ask(closing, { url: local(server), signal: soon() }));
    await expect.poll(() => server.requests.length).toBe(16);
    closing.close();
    for (const outcome of await Promise.allSettled(asked)) expect(outcome.status).toBe("rejected");
    await expect(ask(closing, { url: local(server), signal: soon() })).rejects.toThrow();
    await delay(50);
    expect(server.connections.length).toBe(16);
    await expect.poll(() => server.connections.every((socket) => socket.destroyed)).toBe(true);
  });
});

describe("TLS", () => {
  const own = testAuthority("own authority");
  const other = testAuthority("another authority");

  async function serveTls(): Promise<Seen> {
    const { cert, key } = own.issue("server");
    return listen(createTlsServer({ cert, key }), (_request, response) => response.end("safe"));
  }

  function reasonOf(url: string, authority: string | null): Promise<string> {
    const asked = ask(reach({ authority }), { url: new URL(url), signal: soon() });
    return asked.then(
      ({ body }) => body.toString(),
      (error: unknown) => networkFailure("Vault", error).reason,
    );
  }

  it("trusts the authority of the settings, alone, and for the name that was asked for", async () => {
    const { port } = await serveTls();
    const url = `https://localhost:${port}/`;
    expect(await reasonOf(url, own.ca)).toBe("safe");
    expect(await reasonOf(url, `${other.ca}${own.ca}`)).toBe("safe");
    expect(await reasonOf(url, null)).toBe("certificate");
    expect(await reasonOf(url, other.ca)).toBe("certificate");
    expect(await reasonOf(url, "no certificate")).toBe("certificate");
    expect(await reasonOf(`https://127.0.0.1:${port}/`, own.ca)).toBe("certificate");
  });

  it("is not switched off by a setting of Node's", async () => {
    const { port } = await serveTls();
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    const warning = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    onTestFinished(() => {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      warning.mockRestore();
    });
    expect(await reasonOf(`https://localhost:${port}/`, null)).toBe("certificate");
  });

  it("is told from a server that does not speak it", async () => {
    const plain = await serve((response) => response.end("plain"));
    expect(await reasonOf(`https://127.0.0.1:${plain.port}/`, null)).toBe("broken-answer");
    const { port } = await serveTls();
    expect(["unreachable", "broken-answer"]).toContain(await reasonOf(`http://127.0.0.1:${port}/`, null));
  });
});

function cutAfter(response: ServerResponse, headers: Record<string, string>): void {
  response.writeHead(200, headers);
  response.write("part of it", () => setTimeout(() => response.socket?.destroy(), 20));
}

function trickle(response: ServerResponse): void {
  const timer = setInterval(() => response.write("x"), 20);
  response.once("close", () => clearInterval(timer));
}
