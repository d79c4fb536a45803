import { type Browser, type BrowserContext, test as base, expect, type Locator, type Page } from "@playwright/test";
import { connectAs } from "#lib/db/connect.ts";
import { expectEnd } from "./fixtures.ts";
import { type Scene, startScene } from "./scene.ts";
import { signIn } from "./server.ts";

/** A Skep of its own on a quiet Swarm, and one person who is signed in. What a page throws or logs as broken fails the test at the end. */
export type Stage = {
  scene: Scene;
  context: BrowserContext;
  openPage(context?: BrowserContext): Promise<Page>;
  stop(): Promise<void>;
};

/** The tests of a file, which share a stage: it starts before the first of them, and each has a page of its own there. */
export function testOnStage() {
  let stage: Stage;
  const test = base.extend<{ stage: Stage }>({
    stage: async ({ browser: _unused }, use) => use(stage),
    page: async ({ stage: { openPage } }, use) => {
      const page = await openPage();
      await use(page);
      await page.close();
    },
  });
  test.beforeAll(async ({ browser }) => {
    stage = await startStage(browser);
  });
  test.afterAll(() => stage?.stop());
  return test;
}

async function startStage(browser: Browser): Promise<Stage> {
  const scene = await startScene();
  try {
    const context = await browser.newContext({ baseURL: scene.skep.url });
    const broken: string[] = [];
    const openPage = async (of = context) => {
      const page = await of.newPage();
      page.on("pageerror", ({ message }) => {
        // How React says that the server could not make a page, which error.tsx then tells in words.
        if (!message.includes("React error #441")) broken.push(`${page.url()}: ${message}`);
      });
      return page;
    };
    const first = await openPage();
    await signIn(first, scene.skep.administrator);
    await first.close();
    return {
      scene,
      context,
      openPage,
      async stop() {
        await context.close();
        await scene.stop();
        expect(broken).toEqual([]);
      },
    };
  } catch (error) {
    await scene.stop();
    throw error;
  }
}

/** The Swarm's secrets and services with their versions, how much Postgres knows, and how much the history tells of changes. */
export async function stateOf({ engine, postgres }: Scene): Promise<object> {
  type Versioned = { ID: string; Version: { Index: number } };
  const versions = async (path: string) => {
    const all = await engine.api.call<Versioned[]>("GET", path);
    return all.map(({ ID, Version }) => `${ID} ${Version.Index}`).toSorted();
  };
  const tables = ["Secret", "Version", "Grant", "Operation"];
  const rows = await connectAs(postgres.ownerUrl, async (client) => {
    const counts = tables.map((table) => `(SELECT count(*) FROM "${table}") AS "${table}"`);
    const events = `(SELECT count(*) FROM "AuditEvent" WHERE NOT (${unchanging})) AS "AuditEvent"`;
    return (await client.query<Record<string, string>>(`SELECT ${[...counts, events].join(", ")}`)).rows[0];
  });
  return { secrets: await versions("/secrets"), services: await versions("/services"), rows };
}

/** Events of what changes nothing: refusals, questions, and who comes and goes. */
const unchanging = `type IN ('permit.denied', 'value.compared') OR type LIKE 'session.%'`;

/** How often the history tells that another hand changed this secret's object or service. */
export async function outsideEvents({ postgres }: Scene, id: string): Promise<number> {
  return connectAs(postgres.ownerUrl, async (client) => {
    const asked = `SELECT 1 FROM "AuditEvent" WHERE type LIKE 'outside.%' AND $1 = ANY("subjectIds")`;
    return (await client.query(asked, [id])).rows.length;
  });
}

/** After the work, the Swarm, the history and what Postgres knows are as they were. */
export async function expectUnchanged(scene: Scene, work: () => Promise<void>): Promise<void> {
  const before = await stateOf(scene);
  await work();
  expect(await stateOf(scene)).toEqual(before);
}

/** What a person has told of a new secret, beside its value. */
export const told = { owner: "testers", tags: "bad, input", description: "What it opens." };

export async function openNew(page: Page, name: string, more: Record<string, string> = {}): Promise<void> {
  await page.goto(`/secrets/new?${new URLSearchParams({ name, source: "typed", ...told, ...more })}`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("New secret");
}

export async function expectKept(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [label, text] of Object.entries(fields))
    await expect(page.getByLabel(label, { exact: true })).toHaveValue(text);
}

/** Every field of a new secret but the value. */
export async function expectToldKept(page: Page, name: string): Promise<void> {
  await expectKept(page, { Name: name, Owner: told.owner, Tags: told.tags, Description: told.description });
  await expect(page.getByLabel("I enter it")).toBeChecked();
}

export function valueField(page: Page): Locator {
  return page.getByLabel("New value");
}

export async function chooseFile(page: Page, buffer: Buffer): Promise<void> {
  const file = { name: "value.bin", mimeType: "application/octet-stream", buffer };
  await page.getByLabel("Choose a file with the value").setInputFiles(file);
  await expect(page.getByText("from value.bin").first()).toBeVisible();
}

/** Sends a value past all that the page itself would say about it. */
export async function sendUnchecked(page: Page, buffer: Buffer, button: string): Promise<void> {
  const part = page.locator("input[type=file][name=value]");
  await part.setInputFiles({ name: "value", mimeType: "application/octet-stream", buffer });
  await part.evaluate((input: HTMLInputElement) => input.form?.setAttribute("novalidate", ""));
  await page.getByRole("button", { name: button }).click();
}

/** Counts the forms that leave the page from now on. */
export function countSent(page: Page): () => number {
  let sent = 0;
  page.on("request", (request) => {
    if (request.headers()["content-type"]?.startsWith("multipart/form-data")) sent += 1;
  });
  return () => sent;
}

/** What the Swarm was given under this name, byte for byte. */
export function bytesSent({ docker }: Scene, objectName: string): Buffer {
  const bodies = docker
    .requests()
    .filter(({ path }) => path.endsWith("/secrets/create"))
    .map(({ body }) => JSON.parse(body.toString()) as { Name: string; Data: string });
  const found = bodies.findLast(({ Name }) => Name === objectName);
  if (!found) throw new Error(`${objectName} was never sent.`);
  return Buffer.from(found.Data, "base64");
}

/** Presses the button, waits for the operation's end, and says where the page of its secret is. */
export async function pressAndFinish(page: Page, button: string | RegExp): Promise<void> {
  await page.getByRole("button", { name: button }).click();
  await page.waitForURL(/\/operations\//);
  await expectEnd(page, /^(Done|Running, not verified)$/);
}

/** A managed secret with a typed first value and a short soak; answers with its key. */
export async function createSecret(page: Page, scene: Scene, name: string, value = "first"): Promise<string> {
  await openNew(page, name, { soakSeconds: "1" });
  await valueField(page).fill(value);
  await pressAndFinish(page, `Create ${name}_v1`);
  return keyOf(scene, name);
}

export async function keyOf({ postgres }: Scene, name: string): Promise<string> {
  return connectAs(postgres.ownerUrl, async (client) => {
    const { rows } = await client.query<{ id: string }>(`SELECT id FROM "Secret" WHERE name = $1`, [name]);
    return rows[0]?.id ?? "";
  });
}

export const liveStream = "**/api/live";

/** The page is not told of changes, like one in a tab that nobody looks at: its plan grows old. */
export async function keepStale(page: Page): Promise<void> {
  await page.route(liveStream, (route) => route.abort());
}
