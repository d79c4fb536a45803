import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eraseGround } from "#lib/ground/erase.ts";

const checkout = fileURLToPath(new URL("../..", import.meta.url));

/** A Postgres on a disk that a file then fills to the last byte, and that file's end. */
const life = `
  import { closeSync, openSync, rmSync, writeSync } from "node:fs";
  import { randomBytes } from "node:crypto";
  import { connectDatabase } from "#lib/db/client.ts";
  import { migrate } from "#lib/db/migrate.ts";
  import { transaction } from "#lib/db/transaction.ts";
  import { startPostgres } from "#lib/ground/postgres.ts";
  const dataFolder = process.argv[1];
  const { ownerUrl, applicationUrl, stop } = await startPostgres({ dataFolder });
  try {
    await migrate({ ownerUrl, applicationUrl });
    const database = connectDatabase(applicationUrl);
    const data = (key) => ({ data: { key, value: randomBytes(500_000).toString("hex") } });
    await database.setting.create(data("before"));
    const filler = openSync(dataFolder + "/filler", "w");
    try {
      for (const block = Buffer.alloc(4096); ; ) writeSync(filler, block);
    } catch (error) {
      if (error.code !== "ENOSPC") throw error;
    }
    closeSync(filler);
    const failed = [];
    for (const write of [
      () => database.setting.create(data("full")),
      () => transaction((tx) => tx.setting.create(data("full")), { database }),
    ]) {
      await write().then(() => failed.push("kept"), ({ code, publicMessage, cause }) =>
        failed.push({ code, publicMessage, cause: cause?.code }));
    }
    const whileFull = await database.setting.count();
    rmSync(dataFolder + "/filler");
    await database.setting.create(data("after"));
    const keys = await database.setting.findMany({ select: { key: true }, orderBy: { changedAt: "asc" } });
    await database.$disconnect();
    process.stdout.write(JSON.stringify({ failed, whileFull, keys: keys.map(({ key }) => key) }));
  } finally {
    await stop();
  }
`;

let folder: string;
let dataFolder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-full-disk-")));
  dataFolder = join(folder, "data");
  mkdirSync(dataFolder);
});

afterEach(async () => {
  await eraseGround(dataFolder);
  rmSync(folder, { recursive: true, force: true });
});

describe("a disk that is full", () => {
  it("is named to whoever writes, stops no reader, and is forgotten once there is room", async () => {
    // The small disk is seen by these processes alone, and goes with the last of them.
    const mount = 'mount -t tmpfs -o size=192m,mode=700 tmpfs "$1" && shift && exec "$@"';
    const node = [process.execPath, "--conditions=react-server", "--input-type=module", "--eval", life, dataFolder];
    const command = ["--mount", "sh", "-c", mount, "sh", dataFolder, ...node];
    const { stdout } = await promisify(execFile)("unshare", command, { cwd: checkout });
    const refused = {
      code: "database-unreachable",
      publicMessage:
        "The disk of the database is full. Make room where Postgres keeps its data. Nothing more is done until then.",
      cause: "53100",
    };
    expect(JSON.parse(stdout)).toEqual({ failed: [refused, refused], whileFull: 1, keys: ["before", "after"] });
  });
});
