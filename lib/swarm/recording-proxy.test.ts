import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Fate, type RecordingProxy, startRecordingProxy } from "./recording-proxy.ts";

let folder: string;
let target: Server;
let proxy: RecordingProxy;
let answer: RequestListener = (_incoming, outgoing) => outgoing.end();
let heard: object[];
let fate: Fate = "passed on";
let upgraded: ((socket: Duplex) => void) | null = null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "skep-proxy-"));
  target = createServer((incoming, outgoing) => answer(incoming, outgoing));
  target.on("upgrade", (_incoming, socket: Duplex) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
    socket.on("end", () => socket.destroy());
    upgraded?.(socket);
  });
  await new Promise<void>((resolve) => target.listen(join(folder, "target"), resolve));
  fate = "passed on";
  heard = [];
  proxy = await startRecordingProxy({
    socketPath: join(folder, "proxy"),
    targetSocketPath: join(folder, "target"),
    meets: async () => fate,
    hears: (exchange) => heard.push(exchange),
  });
});

afterEach(async () => {
  await proxy.stop();
  target.closeAllConnections();
  await new Promise((resolve) => target.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function ask(method: string, path: string) {
  return request({ socketPath: join(folder, "proxy"), method, path, agent: false });
}

it("every request is remembered byte for byte, and its answer passed on", async () => {
  const body = Buffer.from([0, 13, 10, 255]);
  answer = (incoming, outgoing) => {
    incoming.resume().on("end", () => outgoing.writeHead(418, { "X-Test": "yes" }).end("short"));
  };
  const seen = await new Promise((resolve) => {
    const call = ask("POST", "/path?query=%20x");
    call.on("response", (response) => {
      response
        .setEncoding("utf8")
        .on("data", (text) => resolve([response.statusCode, response.headers["x-test"], text]));
    });
    call.end(body);
  });
  expect(seen).toEqual([418, "yes", "short"]);
  const recorded = { method: "POST", path: "/path?query=%20x", body, statusCode: 418 };
  expect(proxy.requests()).toEqual([recorded]);
  expect(heard).toEqual([{ ...recorded, answer: Buffer.from("short") }]);
});

it("an answer that goes on arrives as it comes, and ends at the target when the client goes", async () => {
  const ended = new Promise<void>((resolve) => {
    answer = (_incoming, outgoing) => {
      outgoing.writeHead(200);
      outgoing.write("first\n");
      outgoing.on("close", resolve);
    };
  });
  const call = ask("GET", "/events");
  const first = new Promise((resolve) => {
    call.on("response", (response) => response.setEncoding("utf8").once("data", resolve));
  });
  call.on("error", () => undefined);
  call.end();
  expect(await first).toBe("first\n");
  call.destroy();
  await ended;
});

it("a hijacked connection carries bytes both ways, and what the client sent is remembered", async () => {
  upgraded = (socket) => socket.on("data", (chunk: Buffer) => socket.write(`echo ${chunk}`));
  const echoed = await new Promise((resolve) => {
    const call = request({
      socketPath: join(folder, "proxy"),
      method: "POST",
      path: "/attach",
      agent: false,
      headers: { Connection: "Upgrade", Upgrade: "tcp" },
    });
    call.on("upgrade", (_response, socket) => {
      socket.once("data", (chunk: Buffer) => {
        resolve(chunk.toString());
        socket.destroy();
      });
      socket.write("typed");
    });
    call.end();
  });
  expect(echoed).toBe("echo typed");
  expect(proxy.requests()).toEqual([{ method: "POST", path: "/attach", body: Buffer.from("typed"), statusCode: null }]);
});

it("stopping cuts what is still open, and may be done twice", async () => {
  answer = (_incoming, outgoing) => outgoing.writeHead(200).write("x");
  const call = ask("GET", "/events");
  const closed = new Promise<void>((resolve) => call.on("close", () => resolve()));
  call.on("error", () => undefined);
  await new Promise((resolve) => {
    call.on("response", (response) => response.on("error", () => undefined).once("data", resolve));
    call.end();
  });
  await proxy.stop();
  await proxy.stop();
  await closed;
});

it("a request may break off unseen, lose its answer, or be answered by another; it is remembered all the same", async () => {
  const seen: string[] = [];
  answer = (incoming, outgoing) => {
    seen.push(incoming.url ?? "");
    incoming.resume().on("end", () => outgoing.end("done"));
  };
  const outcomeOf = (path: string) =>
    new Promise((resolve) => {
      const call = ask("POST", path);
      call.on("error", () => resolve("no answer"));
      call.on("response", (response) => response.setEncoding("utf8").on("data", resolve));
      call.end("body");
    });
  fate = "broken off";
  expect(await outcomeOf("/unseen")).toBe("no answer");
  fate = "answer lost";
  expect(await outcomeOf("/lost")).toBe("no answer");
  fate = (body) => ({ statusCode: 400, text: `another says ${body}` });
  expect(await outcomeOf("/answered")).toBe("another says body");
  expect(seen).toEqual(["/lost"]);
  expect(proxy.requests().map(({ path, body }) => `${path} ${body}`)).toEqual([
    ...["/unseen body", "/lost body", "/answered body"],
  ]);
});
