import { expect, type Page } from "@playwright/test";
import type { OverheardScene } from "../scene.ts";
import { addSecret, addService, mountOf } from "../swarm.ts";
import { adopt, choose, keyOf, leadsToOperation, openNew, openVerb, paste, press, type, typeInto } from "./forms.ts";
import { givenAs } from "./places.ts";
import { awkward, type Book, binary, compared, made, plain } from "./values.ts";

type Story = { page: Page; scene: OverheardScene; book: Book };

/** Typed, pasted, from a file, and made, to be seen or not. */
export async function create({ page, scene, book }: Story): Promise<void> {
  const typed = plain();
  book.enter("a typed value", typed);
  await createWith(page, "typed", () => type(page, typed));
  const lines = awkward();
  book.enter("a typed text with everything in it", lines);
  await createWith(page, "lines", () => type(page, lines));
  const pasted = awkward("\r\n");
  book.enter("a pasted text with CRLF", pasted);
  await createWith(page, "pasted", () => paste(page, pasted));
  const bytes = binary();
  book.enter("a file", bytes);
  await createWith(page, "file", () => choose(page, bytes));

  await openNew(page, "unseen", "generated");
  await press(page, "Create unseen_v1");
  await leadsToOperation(page, "Done");
  book.enter("a generated value", givenAs(scene, "unseen_v1"), made);
  await openNew(page, "seen", "shown");
  await press(page, "Create seen_v1");
  await isShown(page);
  book.enter("a generated value that is shown", givenAs(scene, "seen_v1"), { ...made, isShown: true });
}

/** Every way to a next value; most on a secret that nothing uses, since the services are not what is looked at here. */
export async function rotate({ page, scene, book }: Story): Promise<void> {
  const idle = await keyOf(page, "typed");
  const bytes = binary();
  book.enter("a file of a rotation", bytes, compared);
  await openVerb(page, idle, "rotate");
  await choose(page, bytes);
  await press(page, /^Rotate/);
  await leadsToOperation(page, "Done");
  await openVerb(page, idle, "rotate", { source: "generated" });
  await press(page, /^Rotate/);
  await leadsToOperation(page, "Done");
  book.enter("a generated value of a rotation", givenAs(scene, "typed_v3"), made);
  await openVerb(page, idle, "rotate", { source: "shown" });
  await press(page, /^Rotate/);
  await isShown(page);
  book.enter("a generated value of a rotation that is shown", givenAs(scene, "typed_v4"), { ...made, isShown: true });
  const leaked = { reason: "it was in a chat", isStackConfirmed: "yes" };
  await rotateTyped({ page, scene, book }, idle, ["a value in an emergency", plain()], /^(Under way|Done)/, leaked);
  await rotateTogether({ page, scene, book });

  const { engine } = scene;
  const mount = await addSecret(engine, "used_v1", "first");
  await addService(engine, { name: "calm", mounts: [mount] });
  const used = await adopt(page, "used");
  await rotateTyped({ page, scene, book }, used, ["a value that a service takes", awkward()], "Running, not verified");
  await failing({ page, scene, book }, used);
}

/** Two values in one request, and one that is shown in its answer. */
async function rotateTogether({ page, scene, book }: Story): Promise<void> {
  const secrets = ["lines", "pasted", "file"];
  const query = new URLSearchParams({ "source:0": "typed", "source:1": "typed", "source:2": "shown", asked: "1" });
  for (const [place, name] of secrets.entries()) {
    query.append("secret[]", await keyOf(page, name));
    query.append(`oldStaysValid:${place}`, "yes");
  }
  await page.goto(`/secrets/rotate?${query}`);
  for (const [name, value] of [["lines", awkward()] as const, ["pasted", plain()] as const]) {
    book.enter(`a value of ${name} in a group`, value, compared);
    await typeInto(page, page.getByRole("textbox", { name: `New value of ${name}` }), value);
  }
  await press(page, "Rotate 3 secrets");
  await isShown(page);
  book.enter("a generated value of a group that is shown", givenAs(scene, "file_v2"), { ...made, isShown: true });
}

/** A service that repeats the new value in its output and does not start with it, so that the old one returns. */
async function failing(story: Story, key: string): Promise<void> {
  const { page, scene } = story;
  const picky = `[ "$(wc -c < /run/secrets/used)" -lt 99 ] || { cat /run/secrets/used; exit 1; }; exec /bin/serve`;
  const mounts = [await mountOf(scene.engine, "used_v2")];
  await addService(scene.engine, { name: "picky", command: ["/bin/sh", "-c", picky], mounts });
  await expect(async () => {
    await page.goto(`/secrets/${key}/take-over`);
    await page.getByRole("button", { name: "Take it over" }).click({ timeout: 10_000 });
  }).toPass();
  await leadsToOperation(page, "Done");
  const long = `${plain()}${"-too-long".repeat(10)}`;
  await rotateTyped(story, key, ["a value that a service refuses", long], "Undone");
}

async function rotateTyped(
  { page, book }: Story,
  key: string,
  [name, value]: [string, string],
  end: string | RegExp,
  emergency?: Record<string, string>,
): Promise<void> {
  book.enter(name, value, compared);
  await openVerb(page, key, emergency ? "emergency" : "rotate", emergency);
  await type(page, value);
  await press(page, /^Rotate/);
  await leadsToOperation(page, end);
}

async function createWith(page: Page, name: string, enter: () => Promise<void>): Promise<void> {
  await openNew(page, name);
  await enter();
  await press(page, `Create ${name}_v1`);
  await leadsToOperation(page, "Done");
}

async function isShown(page: Page): Promise<void> {
  await expect(page.getByText("This is the only time that it is shown.")).toBeVisible();
  await page.getByRole("link", { name: "I have it; show the operation" }).click();
  await leadsToOperation(page, "Done");
}
