import { expect, type Locator, type Page } from "@playwright/test";

/** Opens the form for a new secret with its options chosen. */
export async function openNew(page: Page, name: string, source = "typed"): Promise<void> {
  await page.goto(`/secrets/new?${new URLSearchParams({ name, source })}`);
}

export async function openVerb(
  page: Page,
  key: string,
  verb: "rotate" | "emergency",
  options: Record<string, string> = {},
): Promise<void> {
  const fields = { source: "typed", oldStaysValid: "yes", order: "together", soakSeconds: "1", ...options };
  await page.goto(`/secrets/${key}/${verb}?${new URLSearchParams(fields)}`);
}

export async function type(page: Page, value: string): Promise<void> {
  await typeInto(page, page.getByLabel("New value"), value);
}

/** Where there are several. */
export async function typeInto(page: Page, field: Locator, value: string): Promise<void> {
  await taken(page, Buffer.byteLength(value), () => field.fill(value));
}

/** As the clipboard gives it, line ends included. */
export async function paste(page: Page, value: string): Promise<void> {
  await taken(page, Buffer.byteLength(value), () =>
    page.getByLabel("New value").evaluate((field, text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", text);
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }, value),
  );
}

export async function choose(page: Page, bytes: Buffer): Promise<void> {
  const file = { name: "value.bin", mimeType: "application/octet-stream", buffer: bytes };
  await taken(page, bytes.length, () => page.getByLabel("Choose a file with the value").setInputFiles(file));
}

/** Until the page has come to life it does not see what is entered. */
async function taken(page: Page, bytes: number, enter: () => Promise<void>): Promise<void> {
  await expect(async () => {
    await enter();
    const facts = page.getByText(`${bytes.toLocaleString("en")} of 511,999 bytes`);
    await expect(facts).toBeVisible({ timeout: 1000 });
  }).toPass();
}

export async function press(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole("button", { name }).click();
}

export async function leadsToOperation(page: Page, end: string | RegExp): Promise<void> {
  await page.waitForURL(/\/operations\/[\w-]+$/);
  const words = typeof end === "string" ? page.getByText(end, { exact: true }) : page.getByText(end);
  await expect(words.first()).toBeVisible();
}

/** Refused in words, on the page where the form was. */
export async function isRefused(page: Page, words: RegExp): Promise<void> {
  await expect(page.getByText(words).first()).toBeVisible();
}

/** Changes what the open form sends in one field that no person could reach, as it is sent: a refresh would put it back. */
export async function tamper(page: Page, name: string, value: string): Promise<void> {
  const form = page.locator("form:has(input[name=fingerprint])");
  await form.evaluate(
    (_form, [field, text]) => {
      const change = (event: FormDataEvent) => {
        if (!event.formData.has("fingerprint")) return;
        event.formData.set(field, text);
        document.removeEventListener("formdata", change);
      };
      document.addEventListener("formdata", change);
    },
    [name, value] as const,
  );
}

/** The key of a secret in addresses. */
export async function keyOf(page: Page, name: string): Promise<string> {
  await page.goto(`/secrets?q=${name}`);
  await page.getByRole("link", { name, exact: true }).click();
  await page.waitForURL(/\/secrets\/[\w-]+$/);
  return page.url().split("/").at(-1) ?? "";
}

export async function adopt(page: Page, name: string): Promise<string> {
  const key = await keyOf(page, name);
  await page.goto(`/secrets/${key}/adopt`);
  await press(page, "Adopt it");
  await leadsToOperation(page, "Done");
  return keyOf(page, name);
}
