import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { connectClient } from "./client.ts";

let folder: string;
const servers: Server[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "skep-client-"));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

/** A manager that knows a leader or not, and breaks so many connections of those who ask for services, or order something. */
async function manager(name: string, { hasLeader = true, breaks = 0 } = {}) {
  const socketPath = join(folder, `${name}.sock`);
  const asked: string[] = [];
  let left = breaks;
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    if (path.startsWith("/services")) {
      asked.push(request.method ?? "");
      left -= 1;
      if (left >= 0) return void request.socket.destroy();
    }
    const node = {
      ID: "n",
      Spec: { Role: "manager" },
      ManagerStatus: { Leader: hasLeader, Reachability: "reachable" },
    };
    response.end(JSON.stringify(path.startsWith("/nodes") ? [node] : path.startsWith("/swarm") ? { ID: "c" } : [name]));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return { asked, endpoint: { host: `unix://${socketPath}`, certPath: null, isTlsVerified: false } };
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
