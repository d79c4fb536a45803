import { execFile } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eraseGround } from "./erase.ts";
import { isRoot } from "./places.ts";
import { bareEnvironment } from "./process.ts";

const checkout = realpathSync(fileURLToPath(new URL("../..", import.meta.url)));
const nobody = 65_534;

/** What a Skep of another user does with its Postgres, from the start to the end. */
const life = `
  import { existsSync, readlinkSync, readFileSync, statSync } from "node:fs";
  import { connectAs } from "#lib/db/connect.ts";
  import { placesOf } from "#lib/ground/places.ts";
  import { startPostgres } from "#lib/ground/postgres.ts";
  import { recordOf } from "#lib/ground/process.ts";
  const dataFolder = process.argv[1];
  const { applicationUrl, stop } = await startPostgres({ dataFolder });
  const { pid } = JSON.parse(readFileSync(dataFolder + "/postgres.process", "utf8"));
  const { rows } = await connectAs(applicationUrl, (client) => client.query("SELECT current_user AS role"));
  const seen = { rows, program: readlinkSync("/proc/" + pid + "/exe"), user: statSync("/proc/" + pid).uid };
  await stop();
  const { runFolder } = placesOf(dataFolder);
  process.stdout.write(JSON.stringify({ ...seen, isRunning: recordOf(pid) !== null, isLeft: existsSync(runFolder) }));
`;

let folder: string;
let dataFolder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-user-")));
  dataFolder = join(folder, "data");
  mkdirSync(dataFolder, { mode: 0o700 });
});

afterEach(async () => {
  await eraseGround(dataFolder);
  rmSync(folder, { recursive: true });
});

/**
 * Lives the life where the checkout is seen at another place: in a mount namespace that ends with its processes. There
 * /var/lib is empty, and what is written to it goes nowhere.
 */
function liveAt(house: string, before: string[] = []): Promise<Life> {
  mkdirSync(house, { recursive: true });
  const see = 'mount --rbind "$1" "$2" && mount -t tmpfs tmpfs /var/lib && cd "$2" && shift 2 && exec "$@"';
  return live("unshare", ["--mount", "sh", "-c", see, "sh", checkout, house, ...before, ...node(house)]);
}

function node(house: string): string[] {
  const program = relative(checkout, realpathSync(process.execPath));
  const path = program.startsWith("..") ? process.execPath : join(house, program);
  return [path, "--conditions=react-server", "--input-type=module", "--eval", life, dataFolder];
}

type Life = { rows: unknown[]; program: string; user: number; isRunning: boolean; isLeft: boolean };

async function live(program: string, commandArguments: string[]): Promise<Life> {
  const { stdout } = await promisify(execFile)(program, commandArguments, { cwd: checkout, env: bareEnvironment });
  return JSON.parse(stdout) as Life;
}

const ended = { rows: [{ role: "skep_app" }], isRunning: false, isLeft: false };

describe("the embedded Postgres of an ordinary user", () => {
  it("runs as she is, serves a connection, and leaves no process and no socket", async () => {
    if (!isRoot) {
      const [program = "", ...rest] = node(checkout);
      expect(await live(program, rest)).toMatchObject({ ...ended, user: process.getuid?.() });
      return;
    }
    // She has a way to her data, as she has to her own checkout.
    chmodSync(folder, 0o755);
    chownSync(dataFolder, nobody, nobody);
    const house = join(folder, "house");
    const asNobody = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", "--inh-caps=-all"];
    expect(await liveAt(house, asNobody)).toMatchObject({ ...ended, user: nobody });
  });
});

// An ordinary user has no folders of root's.
if (isRoot) {
  describe("the embedded Postgres of a checkout below a folder of root's own", () => {
    it("runs from a copy that its user can reach, serves a connection, and leaves no process and no socket", async () => {
      const closed = join(folder, "closed");
      mkdirSync(closed, { mode: 0o700 });
      const { program, user, ...rest } = await liveAt(join(closed, "house"));
      expect(rest).toEqual(ended);
      expect(program).toMatch(/^\/var\/lib\/skep\/postgres-[^/]+\/bin\/postgres$/);
      expect(user).not.toBe(0);
    });
  });
}
