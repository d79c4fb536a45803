import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eraseGround } from "./erase.ts";
import { keepRunning } from "./keep-running.ts";
import { placesOf } from "./places.ts";
import { isPostgresRunning, startPostgres } from "./postgres.ts";
import { isRunning, readRunning } from "./process.ts";

let parent: string;
let dataFolder: string;

beforeEach(() => {
  parent = realpathSync(mkdtempSync(join(tmpdir(), "skep postgres ")));
  dataFolder = join(parent, "data folder");
  mkdirSync(dataFolder);
});

afterEach(async () => {
  await eraseGround(dataFolder);
  rmSync(parent, { recursive: true });
});

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe("the embedded Postgres", () => {
  it("starts in a closed folder with a space, keeps its data, and leaves no process and no socket", async () => {
    const first = await startPostgres({ dataFolder });
    await query(first.ownerUrl, "CREATE TABLE kept AS SELECT 7 AS number");
    const record = readRunning(join(dataFolder, "postgres.process"));
    expect(record && isRunning(record)).toBe(true);
    await first.stop();
    expect(record && isRunning(record)).toBe(false);
    expect(existsSync(join(placesOf(dataFolder).runFolder, "postgres"))).toBe(false);

    const second = await startPostgres({ dataFolder });
    expect(second.ownerUrl).toBe(first.ownerUrl);
    expect(await query(second.ownerUrl, "SELECT number FROM kept")).toEqual([{ number: 7 }]);
    await second.stop();
    await second.stop();
  });

  it("gives the application a role that owns nothing and may create nothing", async () => {
    const postgres = await startPostgres({ dataFolder });
    const [role] = await query(
      postgres.applicationUrl,
      "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user",
    );
    expect(role).toEqual({ rolname: "skep_app", rolsuper: false, rolcreatedb: false, rolcreaterole: false });
    await expect(query(postgres.applicationUrl, "CREATE TABLE mine (id int)")).rejects.toThrow(/permission denied/);
    const [owner] = await query(postgres.ownerUrl, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user");
    expect(owner).toEqual({ rolsuper: false });
  });

  it("listens on no network address, and takes over what an earlier Skep left running", async () => {
    const first = await startPostgres({ dataFolder });
    const record = readRunning(join(dataFolder, "postgres.process"));
    const second = await startPostgres({ dataFolder });
    expect(readRunning(join(dataFolder, "postgres.process"))).toEqual(record);
    expect(await query(second.applicationUrl, "SHOW listen_addresses")).toEqual([{ listen_addresses: "" }]);
    await first.stop();
  });

  it("is started again when it ends by itself, and stays ended when it is to", async () => {
    const { applicationUrl, stop } = await startPostgres({ dataFolder });
    const lines: string[] = [];
    const kept = keepRunning({
      name: "Postgres",
      isRunning: () => isPostgresRunning(dataFolder),
      start: () => startPostgres({ dataFolder }),
      report: (line) => lines.push(line),
    });
    const record = readRunning(join(dataFolder, "postgres.process"));
    process.kill(record?.pid ?? 0, "SIGKILL");
    const ask = () => query(applicationUrl, "SELECT 7 AS number").catch(() => []);
    await expect.poll(ask, { timeout: 240_000, interval: 500 }).toEqual([{ number: 7 }]);
    await expect.poll(() => lines).toHaveLength(2);
    await kept.stop();
    await stop();
    expect(isPostgresRunning(dataFolder)).toBe(false);
  });

  it("runs as a system user that is not root", async () => {
    await startPostgres({ dataFolder });
    const record = readRunning(join(dataFolder, "postgres.process"));
    expect(readFileSync(`/proc/${record?.pid}/status`, "utf8")).not.toMatch(/^Uid:\t0\t/m);
  });
});
