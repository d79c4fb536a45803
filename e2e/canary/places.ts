import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { connectAs } from "#lib/db/connect.ts";
import type { OverheardScene } from "../scene.ts";
import type { Place } from "./search.ts";

export const buildFolder = fileURLToPath(new URL("../../.next", import.meta.url));

/** Where a value would be if anything kept it or repeated it: what Skep wrote, said and answered, and what was asked of it. */
export async function placesOf(scene: OverheardScene): Promise<Iterable<Place>> {
  const tables = await dump(scene.postgres.ownerUrl);
  return each(scene, tables);
}

/** One after another: together they are larger than what a test should hold. */
function* each(scene: OverheardScene, tables: Place[]): Generator<Place> {
  const { skep, browser, folder } = scene;
  yield { name: "the standard streams", bytes: Buffer.from(skep.output()) };
  for (const { url, requestHead, answerHead, answerBody } of browser.exchanges()) {
    yield { name: "an address", bytes: Buffer.from(url) };
    yield { name: "a request's head", bytes: Buffer.from(requestHead) };
    yield { name: "an answer's head", bytes: Buffer.from(answerHead) };
    yield { name: "an answer", bytes: answerBody };
  }
  yield* tables;
  yield* filesIn(join(folder, "ground/postgres"), "the files of Postgres");
  // The engine's own folder is where the values belong: the Raft log, and the tasks that have them.
  yield* filesIn(folder, "the temporary folder", ["ground/engine", "ground/postgres", "ground/engine.log"]);
  yield* filesIn(join(skep.folder, "data"), "the data folder");
  yield* filesIn(buildFolder, "the build output", ["dev"]);
}

/** What Docker says of itself. It repeats arguments of tasks that fail to start: those are not Skep's to take out. */
export function engineLog({ folder }: OverheardScene): Place[] {
  return [{ name: "Docker's own log", bytes: readFileSync(join(folder, "ground/engine.log")) }];
}

async function dump(ownerUrl: string): Promise<Place[]> {
  return connectAs(ownerUrl, async (client) => {
    const tables = await client.query<{ name: string }>(
      `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables
       WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
    );
    const places: Place[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<Record<string, unknown>>(`SELECT * FROM ${name}`);
      // Bytes are looked into as they are, everything else as Postgres would print it.
      const cells = rows.flatMap((row) =>
        Object.values(row).map((cell) => (Buffer.isBuffer(cell) ? cell : print(cell))),
      );
      places.push({ name: `the table ${name}`, bytes: Buffer.concat(cells) });
    }
    return places;
  });
}

function print(cell: unknown): Buffer {
  return Buffer.from(`${typeof cell === "string" ? cell : JSON.stringify(cell)}\n`);
}

/** Folders and files may go while they are looked at: an engine and a Postgres are at work in them. */
function* filesIn(folder: string, name: string, without: string[] = [], below = ""): Generator<Place> {
  for (const entry of stillThere(() => readdirSync(join(folder, below), { withFileTypes: true })) ?? []) {
    const path = join(below, entry.name);
    if (without.includes(path)) continue;
    if (entry.isDirectory()) yield* filesIn(folder, name, without, path);
    const bytes = entry.isFile() ? stillThere(() => readFileSync(join(folder, path))) : null;
    if (bytes) yield { name: `${name} (${path})`, bytes };
  }
}

function stillThere<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return null;
  }
}

/** What a page leaves behind in the browser. */
export async function leftInBrowser(page: Page): Promise<Place[]> {
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  const names = await page.evaluate(async () => {
    const databases = await indexedDB.databases();
    return JSON.stringify([databases, "caches" in window ? await caches.keys() : [], history.state, window.name]);
  });
  const fields = await page
    .locator("input, textarea, select")
    .evaluateAll((all) => JSON.stringify(all.map((field) => (field as HTMLInputElement).value)));
  return [
    { name: "the page", bytes: Buffer.from(await page.content()) },
    { name: "the fields of the page", bytes: Buffer.from(fields) },
    { name: "the browser's storage", bytes: Buffer.from(kept + names) },
    { name: "the cookies", bytes: Buffer.from(JSON.stringify(await page.context().cookies())) },
  ];
}

/** What browsers sent, form by form: without the parts that are files, which is the only place for a value. */
export function besideFileParts(scene: OverheardScene): Place[] {
  return scene.browser.exchanges().map(({ requestHead, requestBody }) => ({
    name: "a field of a form",
    bytes: partsOf(requestHead, requestBody).besideFiles,
  }));
}

/** How often a browser sent these bytes as the file part of a form. */
export function timesSent(scene: OverheardScene, bytes: Buffer): number {
  return scene.browser.exchanges().filter(({ requestHead, requestBody }) => {
    return partsOf(requestHead, requestBody).files.some((part) => part.includes(bytes));
  }).length;
}

function partsOf(head: string, body: Buffer): { files: Buffer[]; besideFiles: Buffer } {
  const boundary = /boundary=(\S+)/.exec(head)?.[1];
  if (!boundary) return { files: [], besideFiles: body };
  const parts = body.toString("latin1").split(`--${boundary}`);
  const isFile = (part: string) => /^\r\ncontent-disposition:[^\r]*filename=/i.test(part);
  return {
    files: parts.filter(isFile).map((part) => Buffer.from(part, "latin1")),
    besideFiles: Buffer.from(parts.filter((part) => !isFile(part)).join("\n"), "latin1"),
  };
}

const isCreate = (path: string) => path.endsWith("/secrets/create");
/** Asks whether the secret has this value already: version 0 is never right, so it can change nothing. */
const isComparison = (path: string) => /\/secrets\/\w+\/update\?version=0$/.test(path);

type SecretBody = { Name: string; Data?: string };

/** What Docker was asked, without the one field that is for a value. */
export function besideValueFields(scene: OverheardScene): Place[] {
  return scene.docker.requests().map(({ path, body }) => ({
    name: `a call to Docker (${path.split("?")[0]})`,
    bytes: Buffer.concat([Buffer.from(`${path}\n`), isCreate(path) || isComparison(path) ? withoutData(body) : body]),
  }));
}

function withoutData(body: Buffer): Buffer {
  const { Data: _value, ...rest } = JSON.parse(body.toString()) as SecretBody;
  return Buffer.from(JSON.stringify(rest));
}

/** The calls that gave exactly these bytes to the Swarm, and those that asked about them. */
export function callsWith(scene: OverheardScene, bytes: Buffer): { creates: number; comparisons: number } {
  const Data = bytes.toString("base64");
  const having = scene.docker.requests().filter(({ path, body }) => {
    return (isCreate(path) || isComparison(path)) && (JSON.parse(body.toString()) as SecretBody).Data === Data;
  });
  const creates = having.filter(({ path }) => isCreate(path)).length;
  return { creates, comparisons: having.length - creates };
}

/** What the Swarm was given under this name: the only place where a generated value can be learned. */
export function givenAs(scene: OverheardScene, objectName: string): Buffer {
  const bodies = scene.docker
    .requests()
    .filter(({ path }) => isCreate(path))
    .map(({ body }) => JSON.parse(body.toString()) as Required<SecretBody>);
  const found = bodies.find(({ Name }) => Name === objectName);
  if (!found) throw new Error(`${objectName} was never sent.`);
  return Buffer.from(found.Data, "base64");
}
