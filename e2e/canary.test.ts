import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { beFailedBySwarm, beMalformed, beRefused, beWithoutPostgres } from "./canary/bad-paths.ts";
import { encodingsOf, hashesOf } from "./canary/encodings.ts";
import { leadsToOperation, press, type } from "./canary/forms.ts";
import { create, rotate } from "./canary/good-paths.ts";
import { loseRights, signInAndChangePassword } from "./canary/people.ts";
import * as places from "./canary/places.ts";
import { plant, showError } from "./canary/planted.ts";
import { findCanaries, type Place } from "./canary/search.ts";
import { awkward, binary, openBook, plain, type Used } from "./canary/values.ts";
import { type OverheardScene, startOverheardScene } from "./scene.ts";
import { signIn } from "./server.ts";

test.describe.configure({ timeout: 900_000 });

/** Stopped by a hook, which still has its time when a test has used up its own. */
const scenes: OverheardScene[] = [];
test.afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.stop();
});

test("no value is anywhere but in the one call that gives it to the Swarm", async ({ browser }) => {
  const scene = await startOverheardScene();
  scenes.push(scene);
  const book = openBook();
  const planted = await plant(scene);
  const context = await scene.openBrowser(browser);
  const page = await context.newPage();
  const story = { page, scene, book };
  await test.step("signing in", () => signInAndChangePassword(story));
  await test.step("creating", () => create(story));
  await test.step("rotating", () => rotate(story));
  await test.step("errors of tasks", () => showError(story, planted));
  await test.step("refused forms", () => beRefused(story));
  await test.step("a failing Swarm", () => beFailedBySwarm(story));
  await test.step("malformed forms", () => beMalformed(story));
  await test.step("lost rights", () => loseRights(story, browser));
  await test.step("no Postgres", () => beWithoutPostgres(story));
  const left = await test.step("every page", () => lookEverywhere(page));

  const shown = book.used.filter(({ isShown }) => isShown);
  const hidden = [...book.used.filter(({ isShown }) => !isShown), ...planted.canaries];
  const found = findCanaries([...hidden, ...shown], await places.placesOf(scene));
  expect.soft(found).toEqual(shown.map(({ name }) => `${name} in an answer (raw)`));
  expect.soft(findCanaries([...hidden, ...shown], left)).toEqual([]);
  expect.soft(findCanaries(book.used, places.engineLog(scene))).toEqual([]);
  expect.soft(book.used.map((used) => seen(scene, used))).toEqual(book.used.map(allowed));

  const inFiles = book.used.filter(({ isField }) => !isField);
  expect.soft(findCanaries([...inFiles, ...planted.canaries], places.besideFileParts(scene))).toEqual([]);
  expect.soft(findCanaries(book.used, places.besideValueFields(scene))).toEqual([]);
  await context.close();
});

test("a Skep that leaks is found out, wherever it leaks to", async ({ browser }) => {
  const leak = new URL("./canary/leak.mjs", import.meta.url).href;
  const scene = await startOverheardScene({
    env: { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --import ${leak}` },
  });
  scenes.push(scene);
  const inBuild = join(places.buildFolder, `leaked-${process.pid}`);
  try {
    const page = await (await scene.openBrowser(browser)).newPage();
    await signIn(page, scene.skep.administrator);
    const value = awkward(" ");
    const canary = { name: "it", bytes: Buffer.from(value) };
    // What a person writes into a description goes everywhere: so would a value that took its way.
    await page.goto(`/secrets/new?${new URLSearchParams({ name: "leaky", source: "typed", description: value })}`);
    await type(page, value);
    await press(page, "Create leaky_v1");
    await leadsToOperation(page, "Done");
    await page.goto("/secrets?q=leaky");
    await page.evaluate((text) => localStorage.setItem("draft", text), value);
    writeFileSync(inBuild, JSON.stringify({ value }));

    const found = findCanaries([canary], await places.placesOf(scene));
    const beside = [
      ...(await places.leftInBrowser(page)),
      ...places.besideFileParts(scene),
      ...places.besideValueFields(scene),
    ];
    found.push(...findCanaries([canary], beside));
    const expected = [
      "the standard streams (base64, 0 bytes in)",
      "an address (form-encoded)",
      "an answer (JSON-escaped twice in a script)",
      "an answer's head (base64 in a URL, 0 bytes in)",
      "a request's head (base64 in a URL, 0 bytes in)",
      'the table public."Secret" (raw)',
      "the data folder (leaked) (hex)",
      `the build output (leaked-${process.pid}) (JSON-escaped)`,
      "the browser's storage (JSON-escaped)",
      "the cookies (base64 in a URL, 0 bytes in)",
      "a field of a form (raw)",
      "a call to Docker (/_ping) (base64 in a URL, 0 bytes in)",
    ];
    expect(found).toEqual(expect.arrayContaining(expected.map((place) => `it in ${place}`)));
    expect(found.filter((line) => line.startsWith("it in the files of Postgres"))).not.toEqual([]);
  } finally {
    rmSync(inBuild, { force: true });
  }
});

test("the search knows a value in every form that it could be written in, whole or in part", () => {
  const around = (middle: Buffer) => Buffer.concat([Buffer.from('{"key":"'), middle, Buffer.from('"}')]);
  for (const value of [awkward("\r\n"), plain(), binary()]) {
    const bytes = Buffer.from(value);
    const find = (there: Buffer) => findCanaries([{ name: "it", bytes }], [{ name: "there", bytes: around(there) }]);
    for (const [encoding, written] of [...encodingsOf(bytes), ...hashesOf(bytes)])
      expect(find(written)).toContain(`it in there (${encoding})`);
    for (const shift of [0, 1, 2])
      expect(find(Buffer.from(Buffer.concat([Buffer.alloc(shift, 7), bytes]).toString("base64")))).not.toEqual([]);
    expect(find(bytes.subarray(0, bytes.length / 2))).toEqual(["it in there (its first half, raw)"]);
    expect(find(Buffer.from("nothing of it"))).toEqual([]);
  }
});

/** Every page, and every secret, service and operation that a list leads to. */
async function lookEverywhere(page: Page): Promise<Place[]> {
  const left: Place[] = [];
  const paths = new Set(["/settings/account", "/settings/people", "/settings/defaults", "/settings/swarm"]);
  for (const list of ["/", "/secrets", "/services", "/operations", "/audit"]) {
    await page.goto(list);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    left.push(...(await places.leftInBrowser(page)));
    for (const link of await page.locator("main a[href^='/']").all())
      paths.add((await link.getAttribute("href"))?.split("?")[0] ?? "/");
  }
  // By the page itself, so that they go through the same proxy and are looked at with the other answers.
  const answers = await page.evaluate(
    async (all) => {
      const statuses: number[] = [];
      for (const path of all) {
        const answer = await fetch(path);
        await answer.arrayBuffer();
        statuses.push(answer.status);
      }
      return statuses;
    },
    [...paths, "/audit/export"],
  );
  expect(new Set(answers)).toEqual(new Set([200]));
  return left;
}

function seen(scene: OverheardScene, { name, bytes }: Used): object {
  const answers = scene.browser.exchanges().filter(({ answerBody }) => answerBody.includes(bytes)).length;
  return { name, answers, sent: places.timesSent(scene, bytes), ...places.callsWith(scene, bytes) };
}

function allowed({ name, isShown, sent, creates, comparisons }: Used): object {
  return { name, answers: isShown ? 1 : 0, sent, creates, comparisons };
}
