import { existsSync, mkdtempSync, readFileSync, realpathSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectAs } from "#lib/db/connect.ts";
import { eraseGround } from "./erase.ts";
import { isOrdersDatabaseRunning, orders, startOrdersDatabase } from "./orders-database.ts";
import { placesOf } from "./places.ts";

let dataFolder: string;
beforeAll(() => {
  dataFolder = realpathSync(mkdtempSync(join(tmpdir(), "skep orders ")));
});
afterAll(() => eraseGround(dataFolder));

function query(url: string, sql: string): Promise<unknown[]> {
  return connectAs(url, async (client) => (await client.query(sql)).rows);
}

function rotatorUrl(port: number, password: string): string {
  return `postgresql://${orders.rotator}:${password}@${orders.host}:${port}/${orders.database}`;
}

describe("the sample's Postgres", () => {
  it("lets both logins at the same table, each with its own password and nobody without", async () => {
    const database = await startOrdersDatabase({ dataFolder });
    await database.setPassword("orders_a", "one'%/ word");
    await database.setPassword("orders_b", "another");
    const asA = database.urlOf("orders_a", "one'%/ word");
    await query(asA, "INSERT INTO orders (article) VALUES ('queen')");
    const count = "SELECT count(*)::int, current_user AS role FROM orders";
    expect(await query(database.urlOf("orders_b", "another"), count)).toEqual([{ count: 4, role: "orders_b" }]);
    const bySocket = `${asA}?host=${encodeURIComponent(database.socketFolder)}`;
    expect(await query(bySocket, count)).toEqual([{ count: 4, role: "orders_a" }]);
    for (const url of [asA, bySocket]) {
      const wrong = url.replace(/:[^:@]+@/, ":wrong@");
      await expect(query(wrong, "SELECT")).rejects.toThrow(/password authentication failed/);
    }
    expect(readFileSync(join(dataFolder, "orders/pg_hba.conf"), "utf8")).not.toMatch(
      /^[^#\n]*(trust|peer|md5|password)\s*$/m,
    );
  });

  it("has a role that sets their passwords with the credential, and is no superuser", async () => {
    const { port, credentialPath, urlOf } = await startOrdersDatabase({ dataFolder });
    expect(statSync(credentialPath).mode & 0o777).toBe(0o600);
    const asRotator = rotatorUrl(port, readFileSync(credentialPath, "utf8"));
    const role = "SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user";
    expect(await query(asRotator, role)).toEqual([{ rolsuper: false, rolcreaterole: true }]);
    await expect(query(asRotator, "SELECT * FROM orders")).rejects.toThrow(/permission denied/);
    await expect(query(asRotator, "ALTER ROLE postgres PASSWORD 'mine'")).rejects.toThrow(/permission denied/);
    for (const login of orders.logins) {
      await query(asRotator, `ALTER ROLE ${login} PASSWORD 'set'`);
      expect(await query(urlOf(login, "set"), "SELECT current_user AS role")).toEqual([{ role: login }]);
    }
  });

  it("is the same at the next start, at the same port, and leaves no process, socket and credential between", async () => {
    const first = await startOrdersDatabase({ dataFolder });
    await first.setPassword("orders_a", "kept");
    const password = readFileSync(first.credentialPath, "utf8");
    expect((await startOrdersDatabase({ dataFolder })).port).toBe(first.port);
    await first.stop();
    await first.stop();
    expect(isOrdersDatabaseRunning(dataFolder)).toBe(false);
    expect(existsSync(placesOf(dataFolder).runFolder)).toBe(false);

    const second = await startOrdersDatabase({ dataFolder });
    expect({ port: second.port, path: second.credentialPath }).toEqual({
      port: first.port,
      path: first.credentialPath,
    });
    expect(readFileSync(second.credentialPath, "utf8")).toBe(password);
    expect(await query(first.urlOf("orders_a", "kept"), "SELECT 7 AS number")).toEqual([{ number: 7 }]);
  });

  it("says so when another program has taken its port, and leaves nothing", async () => {
    const { port, stop } = await startOrdersDatabase({ dataFolder });
    await stop();
    const other = createServer();
    await new Promise<void>((listening) => other.listen(port, orders.host, listening));
    try {
      await expect(startOrdersDatabase({ dataFolder })).rejects.toThrow(`Port ${port} of 127.0.0.1`);
      expect(existsSync(placesOf(dataFolder).runFolder)).toBe(false);
    } finally {
      await new Promise((closed) => other.close(closed));
    }
  });
});
