import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bordersFile } from "./borders.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** One file each that breaks a border, and next to it what it may do. */
const breaking: Record<string, string> = {
  "lib/swarm/reaches-right.ts": `import { database } from "#lib/db/client.ts";\nexport const a = database;\n`,
  "lib/swarm/reaches-right-relative.ts": `import { database } from "../db/client.ts";\nexport const a = database;\n`,
  "lib/swarm/leaves-relatively.ts": `import type { SecretValue } from "../value.ts";\nexport type A = SecretValue;\n`,
  "lib/operations/steps/leaves-relatively.ts": `import type { SecretValue } from "../../value.ts";\nexport type A = SecretValue;\n`,
  "lib/env.ts": `import { AppError } from "./errors.ts";\nexport const a = AppError;\n`,
  "lib/swarm/reaches-right-by-type.ts": `import type { Database } from "#lib/db/client.ts";\nexport type A = Database;\n`,
  "lib/swarm/reaches-right-inline.ts": `export type A = import("#lib/db/client.ts").Database;\n`,
  "lib/swarm/reaches-right-dynamic.ts": `export const a = await import("#lib/db/client.ts");\n`,
  "lib/swarm/re-exports-right.ts": `export { append } from "#lib/audit/append.ts";\n`,
  "lib/policy/knows-next.ts": `import { cookies } from "next/headers";\nexport const a = cookies;\n`,
  "lib/inventory/knows-react.ts": `import { cache } from "react";\nexport const a = cache;\n`,
  "lib/operations/knows-prisma.ts": `import { PrismaClient } from "@prisma/client";\nexport const a = PrismaClient;\n`,
  "lib/operations/knows-docker.ts": `import Docker from "dockerode";\nexport const a = Docker;\n`,
  "lib/jobs/knows-aws.ts": `import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";\nexport const a = SecretsManagerClient;\n`,
  "lib/sources/knows-db.ts": `import { database } from "#lib/db/client.ts";\nexport const a = database;\n`,
  "lib/operations/knows-a-verb.ts": `import { rotate } from "#lib/rotation/rotate.ts";\nexport const a = rotate;\n`,
  "lib/inventory/knows-pages.ts": `import { Button } from "#components/button.tsx";\nexport const a = Button;\n`,
  "lib/audit/reads-environment.ts": `export const a = process.env.HOME;\n`,
  "app/knows-swarm.ts": `import { liveIndex } from "#lib/swarm/live.ts";\nexport const a = liveIndex;\n`,
  "app/knows-db.ts": `import { database } from "#lib/db/client.ts";\nexport const a = database;\n`,
  "app/knows-a-store.ts": `import { save } from "#lib/operations/store.ts";\nexport const a = save;\n`,
  "app/knows-a-source.ts": `import { openSource } from "#lib/sources/open.ts";\nexport const a = openSource;\n`,
  "app/knows-dockerode.ts": `import Docker from "dockerode";\nexport const a = Docker;\n`,
  ...Object.fromEntries(
    [
      "policy/permit",
      "operations/store-records",
      "operations/advance",
      "operations/model/rehearsal",
      "audit/append",
      "auth/sessions",
      "auth/record",
      "secrets/names",
      "settings/known-swarm",
      "rotation/sample",
      "value",
      "generate",
    ].map((file) => [`app/knows-${file.replaceAll("/", "-")}.ts`, `export { a } from "#lib/${file}.ts";\n`]),
  ),
  "app/knows-lib-relative.ts": `import { append } from "../lib/audit/append.ts";\nexport const a = append;\n`,
  "lib/jobs/rehearses.ts": `import { rehearse } from "#lib/operations/model/rehearsal.ts";\nexport const a = rehearse;\n`,
  "lib/operations/rehearses.ts": `import { rehearse } from "./model/rehearsal.ts";\nexport const a = rehearse;\n`,
  "lib/operations/steps/rehearses.ts": `import { rehearse } from "../model/rehearsal.ts";\nexport const a = rehearse;\n`,
  "lib/ground/records.ts": `import { record } from "#lib/swarm/recording-proxy.ts";\nexport const a = record;\n`,
  "lib/sources/doubles-itself.ts": `import { openHttpStage } from "./doubles/http.ts";\nexport const a = openHttpStage;\n`,
  "lib/jobs/doubles-a-source.ts": `import { openHttpStage } from "#lib/sources/doubles/http.ts";\nexport const a = openHttpStage;\n`,
  "app/doubles-a-source.ts": `import { openHttpStage } from "#lib/sources/doubles/http.ts";\nexport const a = openHttpStage;\n`,
  "lib/jobs/is-mortal.ts": `import { die } from "./mortal-worker.ts";\nexport const a = die;\n`,
  "lib/audit/tests.ts": `import { testDatabase } from "#lib/db/test-database.ts";\nexport const a = testDatabase;\n`,
  "lib/inventory/samples.ts": `import { sampleGrants } from "#lib/grants/sample.ts";\nexport const a = sampleGrants;\n`,
  "lib/inventory/sample.ts": `import { startJobs } from "#lib/jobs/start.ts";\nexport const a = startJobs;\n`,
  "bin/samples.ts": `import { samplePerson } from "#lib/auth/sample.ts";\nexport const a = samplePerson;\n`,
  "lib/clock/spreads.ts": `export const a = (b: boolean) => ({ ...{ b }, b: !b });\n`,
  "components/knows-queries.ts": `import { listSecrets } from "#lib/inventory/queries.ts";\nexport const a = listSecrets;\n`,
  "components/knows-lib-relative.ts": `import { listSecrets } from "../lib/inventory/queries.ts";\nexport const a = listSecrets;\n`,
  "components/knows-pages.ts": `import { rotate } from "../app/actions.ts";\nexport const a = rotate;\n`,
};

const allowed: Record<string, string> = {
  "lib/audit/reaches-left.ts": `import { database } from "#lib/db/client.ts";\nexport const a = database;\n`,
  "lib/operations/steps/stays-relatively.ts": `import { ledgerOf } from "../new-ledger.ts";\nexport const a = ledgerOf;\n`,
  "lib/grants/sample.ts": `import { sampleSecret } from "#lib/swarm/sample.ts";\nexport const a = sampleSecret;\n`,
  "lib/operations/model/rehearses.ts": `import { sampleChange } from "../sample.ts";\nexport const a = sampleChange;\n`,
  "lib/sources/knows-aws.ts": `import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";\nexport const a = SecretsManagerClient;\n`,
  "lib/sources/doubles/opens.ts": `import { openSource } from "../open.ts";\nexport const a = openSource;\n`,
  "lib/jobs/opens-a-source.ts": `import { openSource } from "#lib/sources/open.ts";\nexport const a = openSource;\n`,
  "components/knows-source-kinds.ts": `import { sourceKinds } from "#lib/sources/schema.ts";\nexport const a = sourceKinds;\n`,
  "lib/swarm/spreads.ts": `export const a = (b?: string) => ({ ...(b ? { b } : {}), c: 1 });\n`,
  "bin/bench/samples.ts": `import { samplePerson } from "#lib/auth/sample.ts";\nexport const a = samplePerson;\n`,
  "lib/auth/knows-next.ts": `import { cookies } from "next/headers";\nexport const a = cookies;\n`,
  "lib/auth/knows-react.ts": `import { cache } from "react";\nexport const a = cache;\n`,
  "lib/swarm/knows-docker.ts": `import Docker from "dockerode";\nexport const a = Docker;\n`,
  "app/knows-verbs.ts": `import { rotateSecret } from "#lib/rotation/rotate.ts";\nimport type { ServiceKind } from "#lib/swarm/schema.ts";\nexport const a: ServiceKind = rotateSecret;\n`,
  "components/knows-schema.ts": `import type { SecretRow } from "#lib/inventory/schema.ts";\nexport type A = SecretRow;\n`,
};

let folder: string;
let complaints: Map<string, string[]>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "skep-borders-"));
  for (const [file, text] of Object.entries({ ...breaking, ...allowed })) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  const config = JSON.parse(await readFile(join(root, "biome.json"), "utf8")) as Record<string, unknown>;
  await writeFile(join(folder, "biome.json"), JSON.stringify({ ...config, $schema: undefined, vcs: undefined }));
  for (const file of ["bin/borders.grit", "bin/borders.json"]) await cp(join(root, file), join(folder, file));
  complaints = await lint(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(Object.keys(breaking))("lint refuses %s", (file) => {
  const border = (complaints.get(file) ?? []).filter((rule) => /noRestrictedImports|plugin|noProcessEnv/.test(rule));
  expect(border).not.toEqual([]);
});

test.each(Object.keys(allowed))("lint allows %s", (file) => {
  const border = (complaints.get(file) ?? []).filter((rule) => /noRestrictedImports|plugin/.test(rule));
  expect(border).toEqual([]);
});

test("borders.json is what the one list makes of it", async () => {
  expect(await readFile(join(root, "bin/borders.json"), "utf8")).toBe(bordersFile());
});

function lint(directory: string): Promise<Map<string, string[]>> {
  return new Promise((resolve, reject) => {
    const biome = join(root, "node_modules/.bin/biome");
    execFile(
      biome,
      ["lint", "--reporter=json", "--max-diagnostics=none", "."],
      { cwd: directory },
      (_error, stdout, stderr) => {
        try {
          const report = JSON.parse(stdout) as {
            diagnostics: { category: string; location: { path: string | { file: string } } }[];
          };
          const found = new Map<string, string[]>();
          for (const { category, location } of report.diagnostics) {
            const path = typeof location.path === "string" ? location.path : location.path.file;
            found.set(path, [...(found.get(path) ?? []), category]);
          }
          resolve(found);
        } catch (cause) {
          reject(new Error(`biome gave no report: ${stderr.slice(0, 500)}`, { cause }));
        }
      },
    );
  });
}
