import { type Browser, expect, type Page } from "@playwright/test";
import type { OverheardScene } from "../scene.ts";
import { signIn } from "../server.ts";
import { isRefused, openNew, press, type } from "./forms.ts";
import { awkward, type Book, password, plain, refused } from "./values.ts";

type Story = { page: Page; scene: OverheardScene; book: Book };

/** Passwords are values as well: nobody but the browser that sends them has them. */
export async function signInAndChangePassword({ page, scene, book }: Story): Promise<void> {
  const { administrator } = scene.skep;
  const wrong = awkward(" ");
  book.enter("a wrong password", wrong, password);
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(administrator.email);
  await page.getByLabel("Password").fill(wrong);
  await press(page, "Sign in");
  await isRefused(page, /do not fit together/);
  book.enter("the first password", administrator.password, password);
  await signIn(page, administrator);

  const [mistyped, next] = [plain(), plain()];
  book.enter("a mistyped present password", mistyped, password);
  book.enter("the next password", next, password);
  await page.goto("/settings/account");
  for (const present of [mistyped, administrator.password]) {
    await page.getByLabel("Present password").fill(present);
    await page.getByLabel("New password").fill(next);
    await press(page, "Change the password");
    await isRefused(page, present === mistyped ? /not your present password/ : /^Changed\./);
  }
  administrator.password = next;
}

/** Somebody is invited, loses her role while she fills in a form, then her session, then her cookie. */
export async function loseRights(story: Story, browser: Browser): Promise<void> {
  const { page, scene, book } = story;
  const context = await scene.openBrowser(browser);
  // Her page would follow the news and leave the form by itself: here it hears none.
  await context.route("**/api/live", (route) => route.abort());
  const hers = await context.newPage();
  const bea = { email: "bea@example.org", password: plain() };
  await join(story, hers, bea);

  const demoted = awkward();
  book.enter("a value of somebody who may not", demoted, refused);
  await openNew(hers, "demoted");
  await type(hers, demoted);
  await page.goto("/settings/people");
  await press(page, "Change Bea");
  await page.getByRole("dialog").getByLabel("Role").selectOption("viewer");
  await press(page, "Change the role");
  await expect(page.getByText("It counts from the next request on.")).toBeVisible();
  await press(hers, "Create demoted_v1");
  await isRefused(hers, /ask an administrator/i);
  await page.reload();
  await press(page, "Change Bea");
  await page.getByRole("dialog").getByLabel("Role").selectOption("operator");
  await press(page, "Change the role");
  await expect(page.getByText("It counts from the next request on.")).toBeVisible();

  const revoked = awkward();
  book.enter("a value of a session that was ended", revoked, refused);
  await openNew(hers, "revoked");
  await type(hers, revoked);
  await page.goto("/settings/people");
  await press(page, /^End the session of Bea/);
  await expect(page.getByRole("button", { name: /^End the session of Bea/ })).toHaveCount(0);
  await press(hers, "Create revoked_v1");
  await isRefused(hers, /no longer signed in/i);

  await signIn(hers, bea);
  const expired = awkward();
  book.enter("a value without a session", expired, refused);
  await openNew(hers, "expired");
  await type(hers, expired);
  await context.clearCookies();
  await press(hers, "Create expired_v1");
  await isRefused(hers, /no longer signed in|^Sign in$/i);
  await context.close();
}

/** By the link that an administrator passes on; the first password that she tries is too short. */
async function join({ page, book }: Story, hers: Page, bea: { email: string; password: string }): Promise<void> {
  const short = plain().slice(0, 10);
  book.enter("a password that is too short", short, password);
  book.enter("the password of somebody who was invited", bea.password, password);
  await page.goto("/settings/people");
  await page.getByLabel("E-mail").fill(bea.email);
  await page.getByLabel("Role").selectOption("operator");
  await press(page, "Make an invitation");
  const link = await page.getByLabel("Pass this link on. It is shown only now.").inputValue();
  await hers.goto(link);
  for (const chosen of [short, bea.password]) {
    await hers.getByLabel("Name").fill("Bea");
    await hers.getByLabel("Password").fill(chosen);
    await hers.locator("form button[type=submit]").click();
    if (chosen === short) await isRefused(hers, /shorter than 12/);
  }
  await hers.waitForURL((address) => address.pathname === "/");
}
