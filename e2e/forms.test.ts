import { dirname, join } from "node:path";
import type { Page } from "@playwright/test";
import { engineApi } from "#lib/ground/engine-api.ts";
import { placesOf } from "#lib/ground/places.ts";
import { expect, expectAccessible, test } from "./fixtures.ts";

type Service = {
  Version: { Index: number };
  Spec: {
    Name: string;
    TaskTemplate: { ContainerSpec: { Secrets?: { SecretName: string; File: Record<string, unknown> }[] } };
  };
};

/** The sandbox's own Docker, to see what the Swarm has and not what the pages say. */
function docker() {
  const folder = dirname(process.env.SKEP_E2E_SESSION ?? "");
  return engineApi(join(placesOf(join(folder, "data")).runFolder, "docker.sock"));
}

async function secretNames(): Promise<string[]> {
  const secrets = await docker().call<{ Spec: { Name: string } }[]>("GET", "/secrets");
  return secrets.map(({ Spec }) => Spec.Name).sort();
}

async function open(page: Page, name: string): Promise<void> {
  await page.goto(`/secrets?q=${name}`);
  await page.getByRole("link", { name, exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
}

async function rotate(page: Page, name: string): Promise<void> {
  await open(page, name);
  await page.getByRole("link", { name: "Rotate", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(`Rotate ${name}`);
}

/** What is asked here is what the forms do; that its page follows by itself is asked elsewhere. */
async function done(page: Page): Promise<void> {
  await expect(page).toHaveURL(/\/operations\//);
  const end = page.getByText(/^(Done|Running, not verified)$/).first();
  const isSeen = await end.waitFor({ timeout: 30_000 }).then(
    () => true,
    () => false,
  );
  if (!isSeen) await page.reload();
  await expect(end).toBeVisible();
}

const valueField = (page: Page) => page.getByLabel("New value");

test("a generator's settings, a grant with owner and mode, and how it is rotated are chosen with the secret, and hold for its next rotation", async ({
  page,
}) => {
  await page.goto("/secrets/new");
  await page.getByLabel("Name", { exact: true }).fill("forms_made");
  await page.getByText("Make one and show it to me once").click();
  await page.getByLabel("Characters", { exact: true }).selectOption({ label: "My own characters" });
  await page.getByLabel("My characters").fill("abcO0a");
  await page.getByLabel("Length, in characters").fill("24");
  await expect(page.getByText("About 55 bits of randomness in 24 bytes.")).toBeVisible();
  await page.getByLabel("Without look-alikes").check();
  await expect(page.getByText(/use 51 characters or more/)).toBeVisible();
  await page.getByText("Grant it right away").click();
  await page.getByLabel("Service", { exact: true }).selectOption({ label: "monitoring_dashboard" });
  await page.getByLabel("Mode", { exact: true }).fill("999");
  await expect(page.getByLabel("Mode", { exact: true })).toHaveAccessibleDescription(/Write the mode in octal/);
  for (const [label, text] of Object.entries({ File: "made.txt", User: "7", Group: "8", Mode: "0440" }))
    await page.getByLabel(label, { exact: true }).fill(text);
  await page.getByText("How it will be rotated").click();
  await page.getByLabel("Soak", { exact: true }).fill("1 s");
  await expect(page.getByRole("cell", { name: "made.txt" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Create forms_made_v1" }).click();
  const first = await page.getByLabel("New value").inputValue();
  expect(first).toMatch(/^[abc]{24}$/);
  await page.getByRole("link", { name: /I have it/ }).click();
  await done(page);
  const services = await docker().call<Service[]>("GET", "/services");
  const granted = services.flatMap(({ Spec }) => Spec.TaskTemplate.ContainerSpec.Secrets ?? []);
  expect(granted.find(({ SecretName }) => SecretName === "forms_made_v1")?.File).toEqual({
    Name: "made.txt",
    UID: "7",
    GID: "8",
    Mode: 0o440,
  });

  await rotate(page, "forms_made");
  // One click: everything is chosen already.
  await expect(page.getByRole("radio", { name: /nobody sees it/ })).toBeChecked();
  await expect(page.getByRole("button", { name: "Rotate 1 service" })).toBeEnabled();
  await page.getByText("Make one and show it to me once").click();
  await expect(page.getByText("password of 24 of your 3 characters, no look-alikes")).toBeVisible();
  await expect(page).toHaveURL(/source=shown/);
  await page.getByRole("button", { name: "Rotate 1 service" }).click();
  const second = await page.getByLabel("New value").inputValue();
  expect(second).toMatch(/^[abc]{24}$/);
  expect(second).not.toBe(first);
  await page.getByRole("link", { name: /I have it/ }).click();
  await done(page);

  await open(page, "forms_made");
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await expect(page.getByLabel("My characters")).toHaveValue("abcO0");
  await page.getByLabel("Where new values come from").selectOption({ label: "Random bytes as hex" });
  await page.getByLabel("Random bytes", { exact: true }).fill("16");
  await page.getByRole("button", { name: "Save the settings" }).click();
  await done(page);
  await open(page, "forms_made");
  await expect(page.getByText("a generator: 16 random bytes as hex")).toBeVisible();
});

test("a value survives every change of the plan, keeps its line ends, and is recognised as the same by the Swarm", async ({
  page,
}) => {
  const value = "first line\r\nsecond line";
  await page.goto("/secrets/new");
  await page.getByLabel("Name", { exact: true }).fill("forms_typed");
  const paste = async (text: string) => {
    await valueField(page).evaluate((field: HTMLTextAreaElement, pasted) => {
      field.focus();
      field.select();
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", pasted);
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
      document.execCommand("insertText", false, pasted);
    }, text);
  };
  await paste("first line\r\n");
  await expect(page.getByText("12 of 511,999 bytes")).toBeVisible();
  await expect(page.getByText("It ends with a line break")).toBeVisible();
  await valueField(page).press("End");
  await valueField(page).pressSequentially("second line");
  await expect(page.getByText(`${value.length} of 511,999 bytes`)).toBeVisible();
  await expect(page.getByText("Its lines end with CRLF, as they came")).toBeVisible();
  await page.getByLabel("Owner").fill("testers");
  await page.getByText("How it will be rotated").click();
  await page.getByLabel("Keep the old version").fill("0");
  await page.getByRole("button", { name: "Create forms_typed_v1" }).click();
  await done(page);

  await rotate(page, "forms_typed");
  await expect(page.getByRole("radio", { name: /I enter it/ })).toBeChecked();
  await paste(`${value}\r\n`);
  await page.getByRole("button", { name: "Remove the line break" }).click();
  await expect(page.getByText(`${value.length} of 511,999 bytes`)).toBeVisible();
  // Nobody has said yet whether the old value stays valid: there is no plan, and the value is there all the same.
  await page.getByText("How services move").click();
  await page.getByLabel("Soak", { exact: true }).fill("soon");
  await expect(page.getByLabel("Soak", { exact: true })).toHaveAccessibleDescription(/such as 30 s/);
  await page.getByLabel("Soak", { exact: true }).fill("");
  await page.getByRole("radio", { name: /^Yes/ }).check();
  await page.getByLabel("Order of services").selectOption("together");
  await page.getByRole("button", { name: "Rotate", exact: true }).click();
  // That the Swarm knows it again proves that it arrived byte for byte, through all that.
  await expect(page.getByText("this is the value that the secret has now")).toBeVisible();
  await expect(page.getByText("0 of 511,999 bytes")).toBeVisible();
  expect(page.url()).not.toContain("line");
  expect(await secretNames()).not.toContain("forms_typed_v2");
  await page.getByLabel("Rotate to the same value all the same").check();
  await paste(value);
  await page.getByRole("button", { name: "Rotate", exact: true }).click();
  await done(page);
  expect(await secretNames()).toContain("forms_typed_v2");
});

test("an unmanaged secret is adopted with the numbers that a person gives, and nothing is written to the Swarm", async ({
  page,
}) => {
  const before = await docker().call<Service[]>("GET", "/services");
  // Other tests make theirs on the same Swarm meanwhile.
  const ownNames = async () => (await secretNames()).filter((name) => name.startsWith("shop_db_password"));
  const names = await ownNames();
  await open(page, "shop_db_password");
  await page.getByRole("link", { name: "Adopt", exact: true }).click();
  await expect(page.getByText("This writes nothing to the Swarm.")).toBeVisible();
  await page.getByLabel("Version of shop_db_password_v2").fill("41");
  await page.getByLabel("Version of shop_db_password_v1").fill("41");
  await expect(page.getByText("Two versions have the number 41.")).toBeVisible();
  await page.getByLabel("Version of shop_db_password_v1").fill("7");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Adopt it" }).click();
  await done(page);
  await open(page, "shop_db_password");
  await expect(page.getByText("v41", { exact: true }).first()).toBeVisible();
  await expect(page.getByText("v7", { exact: true }).first()).toBeVisible();
  expect(await ownNames()).toEqual(names);
  const index = ({ Spec, Version }: Service) => `${Spec.Name} ${Version.Index}`;
  const collector = (all: Service[]) => all.filter(({ Spec }) => Spec.Name === "monitoring_collector").map(index);
  expect(collector(await docker().call<Service[]>("GET", "/services"))).toEqual(collector(before));
});

test("a leaked version that a stack file may name goes when a person says that the line is changed", async ({
  page,
}) => {
  await open(page, "monitoring_scrape_token");
  await page.getByRole("link", { name: "Adopt", exact: true }).click();
  await page.getByRole("button", { name: "Adopt it" }).click();
  await done(page);
  await open(page, "monitoring_scrape_token");
  await page.getByRole("link", { name: "It has leaked" }).click();
  await page.getByLabel("What happened").fill("in a public log");
  await page.getByText("Make one; nobody sees it").click();
  await page.getByText("How services move").click();
  await page.getByLabel("Soak", { exact: true }).fill("1 s");
  await page.getByLabel("Order of services").selectOption("together");
  await page.getByRole("radio", { name: /^No\b/ }).check();
  await expect(page.getByText(/nothing goes back to the leaked value/)).toBeVisible();
  await expect(page.getByText(/older Raft snapshots and backups of managers still hold it/)).toBeVisible();
  await expect(page).toHaveURL(/order=together/);
  await page.getByRole("button", { name: "Rotate 2 services and remove the old" }).click();
  await done(page);
  expect(await secretNames()).toContain("monitoring_scrape_token-2");
  await page.getByRole("link", { name: "I changed the stack file" }).click();
  await expect(page.getByText("name: monitoring_scrape_token_v3").first()).toBeVisible();
  await page.getByLabel(/I changed the stack file of monitoring/).check();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Confirm; monitoring_scrape_token-2 may go" }).click();
  await done(page);
  await expect.poll(secretNames).not.toContain("monitoring_scrape_token-2");
});
