import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, test as base, expect, type Locator, type Page } from "@playwright/test";

/** Signed in as the administrator; a page that logs an error or throws fails its test. */
export const test = base.extend<{ signedIn: boolean }>({
  signedIn: [true, { option: true }],
  baseURL: async ({ baseURL: _unused }, use) => use(process.env.SKEP_E2E_URL),
  storageState: async ({ signedIn }, use) => use(signedIn ? process.env.SKEP_E2E_SESSION : undefined),
  page: async ({ page }, use) => {
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(`${message.text()} (${message.location().url}, at ${page.url()})`);
    });
    await use(page);
    expect(errors).toEqual([]);
  },
});

export { expect };

export const desk = { width: 1440, height: 900 };
export const phone = { width: 390, height: 844 };

type Theme = "dark" | "light";

/** What a theme can make different: the rest is looked at in the first one only, as axe is slow. */
const rulesOfColor = ["color-contrast", "link-in-text-block"];

/** No axe violations in either theme, at the size that the page has now. */
export async function expectAccessible(page: Page, themes: readonly Theme[] = ["dark", "light"]): Promise<void> {
  for (const [place, colorScheme] of themes.entries()) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // The theme has changed everywhere only after it was painted.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    // A page that refreshes itself may be looked at half-way; what is really wrong stays wrong.
    await expect(async () => {
      // There are no frames, so the results need no page of their own to be put together in.
      const axe = new AxeBuilder({ page }).setLegacyMode();
      const { violations } = await (place === 0 ? axe : axe.withRules(rulesOfColor)).analyze();
      expect(
        violations.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map((node) => node.target).join(", ")}`),
      ).toEqual([]);
    }).toPass();
  }
}

/** The same on a phone and on a desk, with nothing beside the screen. */
export async function expectAccessibleEverywhere(page: Page): Promise<void> {
  await expectAccessibleAt(page, phone);
  await expectAccessibleAt(page, desk);
}

/** For pages made of what others show in both themes, too: one look at each size, as axe is slow. */
export async function expectAccessibleAtAGlance(page: Page): Promise<void> {
  await expectAccessibleAt(page, phone, ["dark"]);
  await expectAccessibleAt(page, desk, ["light"]);
}

async function expectAccessibleAt(page: Page, size: typeof desk, themes?: readonly Theme[]): Promise<void> {
  await page.setViewportSize(size);
  await expectNoOverflow(page);
  await expectAccessible(page, themes);
}

/** Nothing of the page lies beside the screen. */
export async function expectNoOverflow(page: Page): Promise<void> {
  const beyond = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  await expect.poll(beyond, `pixels of ${page.url()} that lie beside the screen`).toBeLessThanOrEqual(0);
}

/** How the operation of this page ended, in the words beside its title: a service may say the same before. */
export async function expectEnd(page: Page, words: string | RegExp): Promise<void> {
  await expect(page.locator("h1 + *")).toHaveText(words);
}

/** With a service that has no health check nobody knows that it works. */
export const unverified = "Running, not verified";

/** Tab until the thing of this name has the focus, as someone without a mouse would. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const isThere = (text: string) => (typeof name === "string" ? text === name : name.test(text));
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press("Tab");
    const focused = page.locator(":focus");
    // Behind the last one comes the browser's own bar.
    if ((await focused.count()) === 0) continue;
    const text = (await focused.getAttribute("aria-label")) ?? (await labelOf(focused));
    if (!isThere(text.trim())) continue;
    // What has the focus shows it.
    const outline = await focused.evaluate((element) => {
      const own = getComputedStyle(element);
      const after = getComputedStyle(element, "::after");
      return own.outlineStyle !== "none" || after.outlineStyle !== "none" || own.boxShadow !== "none";
    });
    expect(outline).toBe(true);
    return;
  }
  throw new Error(`No press of Tab led to ${name}.`);
}

/** The text of its label, where it is a field, else its own: what a person sees. */
async function labelOf(focused: Locator): Promise<string> {
  return focused
    .evaluate((element) => {
      const [label] = (element as HTMLInputElement).labels ?? [];
      // biome-ignore lint/performance/useDomNodeTextContent: what a person sees counts, not what the document holds
      return (label ?? (element as HTMLElement)).innerText;
    })
    .catch(() => "");
}

/** A page of somebody who may only look, in a browser of hers. Whoever asks for it closes its context. */
export async function joinAsViewer(
  page: Page,
  browser: Browser,
  { baseURL, name }: { baseURL: string | undefined; name: string },
): Promise<Page> {
  await page.goto("/settings/people");
  await page.getByLabel("E-mail").fill(`${name.toLowerCase()}@example.org`);
  await page.getByLabel("Role").selectOption("viewer");
  await page.getByRole("button", { name: "Make an invitation" }).click();
  const link = await page.getByLabel("Pass this link on").inputValue();
  const context = await browser.newContext({ baseURL: baseURL ?? "", storageState: { cookies: [], origins: [] } });
  const theirs = await context.newPage();
  await theirs.goto(link);
  await theirs.getByLabel("Name").fill(name);
  await theirs.getByLabel(/^Password/).fill("a long enough sentence");
  await theirs.keyboard.press("Enter");
  await theirs.waitForURL((url) => url.pathname === "/");
  return theirs;
}
