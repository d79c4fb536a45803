import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { atEnd, cleanUp } from "./bench/cleanup.ts";
import { reportFailure } from "./console.ts";
import { endOnSignal } from "./interruption.ts";
import { type Counts, count, sum } from "./suite/counts.ts";
import { failureList } from "./suite/failures.ts";
import { runPart, stopParts } from "./suite/part.ts";
import { prepareMachine } from "./suite/prepare.ts";
import { sourceServers } from "./suite/source-servers.ts";

/** Random histories of the engine; `npm run check` plays some hundreds. */
const histories = 10_000;
const [which = "everything"] = process.argv.slice(2);

/**
 * `npm test`: everything, side by side where it can be. `npm run check` (--quick): types, lint and unit tests.
 * `npm run test:sources` (sources): the contract of sources alone, on the real servers that the environment names.
 */
async function main(): Promise<number> {
  const { isAny, lines } = sourceServers(process.env);
  if (which === "sources") process.stdout.write(`${lines.join("\n")}\n`);
  if (which === "sources" && !isAny) return 1;
  const folder = await mkdtemp(join(tmpdir(), "skep-test-"));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  try {
    const total = sum(await parts(folder));
    process.stdout.write(failureList(total.failures));
    process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
    return total.failed === 0 && total.passed > 0 ? 0 : 1;
  } finally {
    await cleanUp();
  }
}

function parts(folder: string): Promise<Counts[]> {
  if (which === "sources") return Promise.all([vitest(folder, "servers")]);
  return which === "--quick" ? quick(folder) : everything(folder);
}

function quick(folder: string): Promise<Counts[]> {
  return Promise.all([types(), lint(), vitest(folder, "unit")]);
}

/** Files of real tests side by side: on two cores a third one still finds time, since tasks that start and soaks are mostly waited for. */
const realAtOnce = Math.max(3, availableParallelism());

/** Real engines and a browser on two cores fail each other's deadlines, so these two take turns; the rest goes side by side. */
async function everything(folder: string): Promise<Counts[]> {
  await prepareMachine();
  const pure = await Promise.all([lint(), types(), vitest(folder, "unit", { SKEP_HISTORIES: String(histories) })]);
  const real = await vitest(folder, "real", {}, [`--maxWorkers=${realAtOnce}`]);
  const built = await runPart("build", ["bin/skep.mjs", "build"]);
  return [...pure, real, built === 0 ? await browser(folder) : count("build", built)];
}

async function types(): Promise<Counts> {
  return count("types", await runPart("types", ["node_modules/typescript/bin/tsc", "--noEmit", "-p", "."]));
}

async function lint(): Promise<Counts> {
  return count(
    "lint",
    await runPart("lint", ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."]),
  );
}

async function vitest(
  folder: string,
  project: "unit" | "real" | "servers",
  env: Record<string, string> = {},
  options: string[] = [],
): Promise<Counts> {
  const report = join(folder, `${project}.json`);
  const command = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...options,
  ];
  const code = await runPart(project, command, env);
  return count(project, code, { vitest: report });
}

async function browser(folder: string): Promise<Counts> {
  const report = join(folder, "browser.json");
  const env = { PLAYWRIGHT_JSON_OUTPUT_NAME: report, NODE_OPTIONS: "--conditions=react-server" };
  // Its workers close what they started when Playwright tells them to, not by a signal of their own.
  const ending = { signal: "SIGINT", toWhom: "first", seconds: 90 } as const;
  const code = await runPart("browser", ["node_modules/@playwright/test/cli.js", "test"], env, ending);
  return count("browser", code, { playwright: report });
}

endOnSignal(async () => {
  await stopParts();
  await cleanUp();
});
try {
  process.exitCode = await main();
} catch (error) {
  reportFailure(error);
  process.exitCode = 1;
}
