import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { connectClient } from "./client.ts";
import { openManagers } from "./managers.ts";

let folder: string;
const servers: Server[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "skep-client-"));
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  rmSync(folder, { recursive: true, force: true });
});

/** A manager that knows a leader or not, and breaks so many connections of those who ask for services, or order something. */
async function manager(name: string, { hasLeader = true, breaks = 0, clusterId = "c" } = {}) {
  const socketPath = join(folder, `${name}.sock`);
  const asked: string[] = [];
  const knows = { hasLeader };
  let left = breaks;
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    if (path.startsWith("/services")) {
      asked.push(request.method ?? "");
      left -= 1;
      if (left >= 0) return void request.socket.destroy();
    }
    if (path.startsWith("/events")) {
      asked.push(path);
      return void response.flushHeaders();
    }
    const node = {
      ID: "n",
      Spec: { Role: "manager" },
      ManagerStatus: { Leader: knows.hasLeader, Reachability: "reachable" },
    };
    response.end(
      JSON.stringify(path.startsWith("/nodes") ? [node] : path.startsWith("/swarm") ? { ID: clusterId } : [name]),
    );
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return { asked, knows, endpoint: { host: `unix://${socketPath}`, certPath: null, isTlsVerified: false } };
}

const services = { method: "GET", path: "/services" } as const;

it("a question whose connection breaks is asked once more, and not for ever", async () => {
  const once = await manager("once", { breaks: 1 });
  const client = connectClient({ endpoints: [once.endpoint], callTimeoutSeconds: 4 });
  expect(await client.call(services, "read")).toBe('["once"]');
  const always = await manager("always", { breaks: 99 });
  const broken = connectClient({ endpoints: [always.endpoint], callTimeoutSeconds: 4 }).call(services, "read");
  await expect(broken).rejects.toMatchObject({ code: "swarm-unreachable" });
  expect(always.asked).toEqual(["GET", "GET"]);
});

it("an order whose connection breaks is never sent again", async () => {
  const once = await manager("once", { breaks: 1 });
  const client = connectClient({ endpoints: [once.endpoint], callTimeoutSeconds: 4 });
  const order = client.call({ method: "POST", path: "/services/s/update", body: Buffer.from("{}") }, "update service");
  await expect(order).rejects.toMatchObject({ code: "swarm-unreachable" });
  expect(once.asked).toEqual(["POST"]);
});

it("a manager that sees no leader is left for one that does", async () => {
  const [alone, led] = [await manager("alone", { hasLeader: false }), await manager("led")];
  const client = connectClient({ endpoints: [alone.endpoint, led.endpoint], callTimeoutSeconds: 4 });
  await expect(client.call(services, "read")).rejects.toMatchObject({ code: "swarm-no-leader" });
  expect(await client.call(services, "read")).toBe('["led"]');
});

const events = { method: "GET", path: "/events" } as const;

it("a stream is opened where a manager sees a leader, and nowhere else", async () => {
  const [alone, led] = [await manager("alone", { hasLeader: false }), await manager("led")];
  const client = connectClient({ endpoints: [alone.endpoint, led.endpoint] });
  const { signal } = new AbortController();
  await expect(client.stream(events, signal)).rejects.toMatchObject({ code: "swarm-no-leader" });
  await client.stream(events, signal);
  expect([alone.asked, led.asked]).toEqual([[], ["/events"]]);
});

it("a stream ends when any question leaves its manager for another, and begins again there", async () => {
  const [first, second] = [await manager("first"), await manager("second")];
  const managers = openManagers({ endpoints: [first.endpoint, second.endpoint] });
  const [questions, streams] = [connectClient({ managers }), connectClient({ managers })];
  const { signal } = new AbortController();
  const stream = await streams.stream(events, signal);
  const ended = new Promise((resolve) => stream.on("error", () => undefined).on("close", resolve));
  first.knows.hasLeader = false;
  await expect(questions.call(services, "read")).rejects.toMatchObject({ code: "swarm-no-leader" });
  await ended;
  await streams.stream(events, signal);
  expect([first.asked, second.asked]).toEqual([["/events", "GET"], ["/events"]]);
});

it("what one manager says counts more than that the others are out of reach", async () => {
  const other = await manager("other", { clusterId: "another" });
  const gone = { ...other.endpoint, host: `unix://${join(folder, "gone.sock")}` };
  for (const endpoints of [
    [other.endpoint, gone],
    [gone, other.endpoint],
  ]) {
    const client = connectClient({ endpoints, expectedClusterId: () => "c" });
    await expect(client.call(services, "read")).rejects.toMatchObject({ code: "swarm-other" });
  }
});
