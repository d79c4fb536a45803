import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { closeDatabase } from "#lib/db/client.ts";
import { connectAs } from "#lib/db/connect.ts";
import { configurationFrom, configure, readEnvironment } from "#lib/env.ts";
import { goRound } from "#lib/jobs/sync.ts";
import { ownPorts } from "#lib/operations/own-ports.ts";
import { closeSources, openedSource } from "#lib/settings/opened-sources.ts";
import type { Source } from "#lib/sources/contract.ts";
import { openHttpStage } from "#lib/sources/doubles/http.ts";
import { placeCredentials, type Stage } from "#lib/sources/doubles/stage.ts";
import { openVaultDouble } from "#lib/sources/doubles/vault.ts";
import { atEnd } from "./cleanup.ts";
import { median, printFigure, secondsOf } from "./figure.ts";
import { benchFolder, benchPostgres } from "./ground.ts";

const secretCount = 1000;
const rounds = 31;
/** As many questions at a time as a round of Skep has under way. */
const atOnce = 8;
const clusterId = "bench";

type Known = { path: string; versionId: string };
type Bound = { sourceId: string; stage: Stage; known: Known[] };

/** A round over many bound secrets of which none has changed, against the same questions without Skep around them, in turns. */
export async function run(): Promise<void> {
  const folder = benchFolder();
  const { ownerUrl, applicationUrl } = await benchPostgres(folder);
  const credentials = join(folder, "credentials");
  mkdirSync(credentials);
  process.env.SKEP_CREDENTIAL_DIR = credentials;
  const docker = { host: "unix:///nowhere", certPath: null, isTlsVerified: false };
  const sessionSecret = "only-for-the-bench";
  configure(configurationFrom(readEnvironment({}), { databaseUrl: applicationUrl, docker, sessionSecret }));
  atEnd(closeDatabase);
  atEnd(closeSources);
  await connectAs(ownerUrl, async (owner) => {
    for (const openStage of [openHttpStage, openVaultDouble]) {
      const stage = await openStage();
      atEnd(() => stage.end());
      await placeCredentials(stage, credentials);
      await measure(owner, await bindAll(owner, stage));
    }
  });
}

async function measure(owner: Client, { sourceId, stage, known }: Bound): Promise<void> {
  const source = await openedSource(sourceId);
  const options = { ports: ownPorts(), isStopped: () => false };
  const [skep, bare, asked]: [number[], number[], number[]] = [[], [await secondsOf(() => askBare(source, known))], []];
  for (let round = 0; round < rounds; round += 1) {
    await makeDue(owner, sourceId);
    const before = requestsOf(stage);
    skep.push(await secondsOf(() => goRound(sourceId, clusterId, options)));
    asked.push(requestsOf(stage) - before);
    await requireAllLooked(owner, sourceId);
    bare.push(await secondsOf(() => askBare(source, known)));
  }
  // Each round against the questions just before and after it: a machine that others use is not as quick all the time.
  const ratio = median(skep.map((seconds, round) => seconds / (((bare[round] ?? 0) + (bare[round + 1] ?? 0)) / 2)));
  const figure = `sources.${stage.settings.kind}`;
  const against = `the bare client's same questions, ${Math.round(median(bare) * 1000)} ms`;
  printFigure({ figure, value: median(skep) * 1000, unit: "ms", ratio, against, aim: 1.2, isHeld: ratio <= 1.2 });
  const most = Math.max(...asked) / secretCount;
  const perSecret = { value: most, unit: "requests per secret", ratio: most, against: "its aim" };
  printFigure({ figure: `${figure}-requests`, ...perSecret, aim: 1, isHeld: most <= 1 });
}

async function makeDue(owner: Client, sourceId: string): Promise<void> {
  const { rowCount } = await owner.query(
    `UPDATE "Binding" SET "nextLookAt" = now(), "lookedAt" = NULL WHERE "sourceId" = $1`,
    [sourceId],
  );
  if (rowCount !== secretCount) throw new Error(`${rowCount} secrets are due.`);
}

/** What a program would do that only wants to know what is new. */
async function askBare(source: Source, known: Known[]): Promise<void> {
  const queue = known.values();
  const carryOn = async () => {
    for (const { path, versionId } of queue) {
      const came = await source.versions(path, versionId);
      if (came.length > 0) throw new Error(`${path} is not as it was.`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, carryOn));
}

function requestsOf(stage: Stage): number {
  return stage.requests()?.length ?? Number.NaN;
}

/** A round that left something out would be quick. */
async function requireAllLooked(owner: Client, sourceId: string): Promise<void> {
  const { rows } = await owner.query<{ looked: string }>(
    `SELECT count(*) AS looked FROM "Binding"
     WHERE "sourceId" = $1 AND "lookedAt" IS NOT NULL AND "failureCode" IS NULL AND "nextLookAt" > now()`,
    [sourceId],
  );
  if (Number(rows[0]?.looked) !== secretCount) throw new Error(`Only ${rows[0]?.looked} secrets were looked at.`);
}

/** Secrets whose current version is the one that the source has. */
async function bindAll(owner: Client, stage: Stage): Promise<Bound> {
  const { kind } = stage.settings;
  const sourceId = `of-${kind}`;
  await owner.query(`INSERT INTO "Source" ("id", "name", "settings", "createdBy") VALUES ($1, $2, $3, 'bench')`, [
    sourceId,
    kind,
    stage.settings,
  ]);
  const source = await openedSource(sourceId);
  const known: Known[] = [];
  for (let index = 0; index < secretCount; index += 1) {
    const path = `team-${index % 20}/secret-${index}`;
    await stage.put(path, { user: "skep", password: `value-${index}` });
    // As Skep keeps it: what may be made of the value is sealed.
    const [version] = await source.versions(path, null);
    if (!version) throw new Error(`${kind} has no versions.`);
    known.push({ path, versionId: version.id });
  }
  const rows = JSON.stringify(known.map((each, index) => ({ ...each, name: `${kind}_${index}` })));
  for (const sql of [secretRows, versionRows, bindingRows]) {
    await owner.query(sql, sql === bindingRows ? [rows, sourceId] : [rows, clusterId]);
  }
  await owner.query("ANALYZE");
  return { sourceId, stage, known };
}

const secretRows = `INSERT INTO "Secret" ("id", "clusterId", "name", "owner", "tags")
  SELECT r.name, $2, r.name, 'team', ARRAY['bench'] FROM json_to_recordset($1) AS r(name text)`;
const versionRows = `INSERT INTO "Version"
    ("id", "clusterId", "secretId", "number", "objectId", "objectName", "state", "sourceVersionId", "bindingId")
  SELECT r.name, $2, r.name, 1, r.name, r.name || '_v1', 'current', r."versionId", r.name
  FROM json_to_recordset($1) AS r(name text, "versionId" text)`;
const bindingRows = `INSERT INTO "Binding"
    ("id", "secretId", "sourceId", "path", "take", "mode", "boundBy", "newestId", "newestState")
  SELECT r.name, r.name, $2, r.path, '{"take": "field", "field": "password"}', 'by-itself', 'bench', r."versionId", 'there'
  FROM json_to_recordset($1) AS r(name text, path text, "versionId" text)`;
