import { expect, type Page } from "@playwright/test";
import type { OverheardScene } from "../scene.ts";
import { addSecret, addService } from "../swarm.ts";
import { adopt, leadsToOperation, openVerb, press, type } from "./forms.ts";
import type { Canary } from "./search.ts";
import { type Book, compared, plain } from "./values.ts";

export type Planted = { canaries: Canary[]; brokenServiceId: string };

/** What others have put where Skep can read it: it is theirs, and Skep repeats none of it. */
export async function plant({ engine }: OverheardScene): Promise<Planted> {
  const words = {
    "a value in an environment": plain(),
    "an argument": plain(),
    "a label's value": plain(),
    "the value of a secret's label": plain(),
    "the value of a label that the next version gets": plain(),
    "an environment's value that an error repeats": plain(),
    "an argument that an error repeats": plain(),
  };
  const mount = await addSecret(engine, "planted_v1", "first", {
    "tool.hash": words["the value of a secret's label"],
    "content-sum": words["the value of a label that the next version gets"],
  });
  await addService(engine, {
    name: "planted",
    mounts: [mount],
    labels: { note: words["a label's value"] },
    env: [
      `DB_PASSWORD=${words["a value in an environment"]}`,
      `DB_URL=https://u:${words["a value in an environment"]}@db/x`,
    ],
    args: ["--", words["an argument"]],
  });
  // Docker's own words on a program that is not there repeat its path.
  const named = words["an environment's value that an error repeats"];
  const brokenServiceId = await addService(engine, {
    name: "planted-broken",
    mounts: [mount],
    env: [`API_TOKEN=${named}`],
    command: [`/nowhere/${named}/${words["an argument that an error repeats"]}`],
  });
  return {
    canaries: Object.entries(words).map(([name, value]) => ({ name, bytes: Buffer.from(value) })),
    brokenServiceId,
  };
}

/** The service that cannot start is moved, fails in Docker's words, and is moved back: its page and its lane have had them. */
export async function showError({ page, book }: { page: Page; book: Book }, planted: Planted): Promise<void> {
  const key = await adopt(page, "planted");
  const value = plain();
  book.enter("a value for services that hold canaries", value, compared);
  await openVerb(page, key, "rotate");
  await type(page, value);
  await press(page, /^Rotate/);
  await leadsToOperation(page, "Needs a decision");
  await expect(page.getByText("[removed]").first()).toBeVisible();
  await page.getByRole("link", { name: "By hand" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("by hand");
  await page.goto(`/services/${planted.brokenServiceId}`);
  await expect(page.getByText("[removed]").first()).toBeVisible();
}
