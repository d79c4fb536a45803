import { expect, type Page } from "@playwright/test";
import type { OverheardScene } from "../scene.ts";
import { keepStale, liveStream } from "../stage.ts";
import { addSecret } from "../swarm.ts";
import { choose, isRefused, keyOf, leadsToOperation, openNew, openVerb, press, tamper, type } from "./forms.ts";
import { actionBehind, sendRaw } from "./raw-forms.ts";
import { awkward, type Book, compared, plain, refused, tooLong, unsent } from "./values.ts";

type Story = { page: Page; scene: OverheardScene; book: Book };

/** Forms that are refused, each for another reason. */
export async function beRefused({ page, scene, book }: Story): Promise<void> {
  const long = awkward();
  book.enter("a value that is too long", long, unsent);
  await openNew(page, "long");
  await choose(page, tooLong(long));
  await press(page, "Create long_v1");
  await isRefused(page, /Nothing was sent/);

  const badName = awkward();
  book.enter("a value under a name that is none", badName, refused);
  await openNew(page, "named");
  await type(page, badName);
  await tamper(page, "name", "no name");
  await press(page, "Create named_v1");
  await isRefused(page, /letters, digits/i);

  const inText = awkward();
  book.enter("a value in a text field", inText, { ...unsent, isField: true });
  await openNew(page, "texted");
  await type(page, "other");
  await tamper(page, "value", inText);
  await press(page, "Create texted_v1");
  await isRefused(page, /did not arrive as a file/);

  const changed = awkward();
  book.enter("a value whose plan has changed", changed, refused);
  // One that heard of it would show the new plan, and that would be what is pressed.
  await keepStale(page);
  await openNew(page, "changed");
  await type(page, changed);
  const theirs = await addSecret(scene.engine, "changed_v1", "theirs");
  // Before Skep has heard of it, the Swarm would refuse the name, and the next number be taken.
  await expect.poll(() => page.evaluate(async () => (await fetch("/secrets")).text())).toContain(theirs.id);
  await press(page, "Create changed_v1");
  await expect(page.getByRole("button", { name: "Show the plan as it is now" })).toBeVisible();
  await page.unroute(liveStream);

  const same = plain();
  book.enter("a value that is there already", same, { ...compared, sent: 2 });
  await openNew(page, "same");
  await type(page, same);
  await press(page, "Create same_v1");
  await leadsToOperation(page, "Done");
  await openVerb(page, await keyOf(page, "same"), "rotate");
  await type(page, same);
  await press(page, /^Rotate/);
  await isRefused(page, /the value that the secret has now/);
}

/**
 * A Swarm that refuses, breaks off, loses its answer, or repeats in it what it was sent. Where the first call made
 * nothing, Skep looks and calls once more: still within the request, and still one object.
 */
export async function beFailedBySwarm({ page, scene, book }: Story): Promise<void> {
  const { engine, meetNextCreate } = scene;
  const send = async (name: string, what: string, creates: number) => {
    const value = awkward();
    book.enter(what, value, { creates });
    await openNew(page, name);
    await type(page, value);
    await press(page, `Create ${name}_v1`);
    const end = page.getByText(/^(Done|Failed|Needs attention|Needs you|Nothing was changed)/);
    await expect(end.or(alertIn(page)).first()).toBeVisible();
  };
  meetNextCreate(async () => {
    await addSecret(engine, "raced_v1", "theirs");
    return "passed on" as const;
  });
  await send("raced", "a value whose name another hand took in the very call", 2);
  meetNextCreate(() => (body) => ({ statusCode: 500, text: echo(body) }));
  await send("echoed", "a value that Docker's refusal repeats", 2);
  meetNextCreate(() => (body) => ({ statusCode: 201, text: `{"ID":7,"not":${body}` }));
  await send("broken", "a value that Docker's broken answer repeats", 2);
  meetNextCreate(() => "broken off");
  await send("cut", "a value whose call broke before Docker had it", 2);
  meetNextCreate(() => "answer lost");
  await send("lost", "a value whose answer was lost", 1);
}

function echo(body: Buffer): string {
  const { Data } = JSON.parse(body.toString()) as { Data: string };
  return JSON.stringify({ message: `invalid value ${Buffer.from(Data, "base64")} in ${body}` });
}

/** Forms that no page of Skep would send, or that end half-way. */
export async function beMalformed({ page, scene, book }: Story): Promise<void> {
  const left = plain();
  book.enter("a value of a form that was left", left, unsent);
  await openNew(page, "raw");
  await type(page, left);
  const action = await actionBehind(page, "Create raw_v1");
  for (const how of ["cut off", "malformed", "without its end", "no form"] as const) {
    const value = plain();
    book.enter(`a value in a form that is ${how}`, value, {
      ...unsent,
      sent: how === "no form" ? 0 : 1,
      isField: true,
    });
    await sendRaw({ page, scene, action, value, how });
  }
  const stray = plain();
  book.enter("a value for an action that is none", stray, { ...refused, isField: true });
  await sendRaw({ page, scene, action: "0".repeat(42), value: stray, how: "without its end" });
}

/** Postgres is away when the form comes, and is back before anything else is asked. */
export async function beWithoutPostgres({ page, scene, book }: Story): Promise<void> {
  const { postgres, skep, startPostgresAgain } = scene;
  const value = awkward();
  book.enter("a value without a database", value, refused);
  // The page would follow the news and give way to a sentence about the database: here it hears none.
  await page.route("**/api/live", (route) => route.abort());
  await openNew(page, "offline");
  await type(page, value);
  await postgres.stop();
  await press(page, "Create offline_v1");
  await expect(alertIn(page).or(page.getByText("The database cannot be reached")).first()).toBeVisible();
  await page.unroute("**/api/live");
  await startPostgresAgain();
  await expect(async () => {
    expect((await fetch(`${skep.url}/api/health`)).ok).toBe(true);
    await page.goto("/secrets");
    await expect(page.getByRole("heading", { name: "Secrets" })).toBeVisible({ timeout: 2000 });
  }).toPass();
}

/** A sentence of the form, not the page's own announcer. */
function alertIn(page: Page) {
  return page.locator("main").getByRole("alert").filter({ hasText: /./ }).first();
}
