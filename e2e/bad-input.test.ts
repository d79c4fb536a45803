import { createHash, randomBytes } from "node:crypto";
import { expect, type Page } from "@playwright/test";
import { until } from "./scene.ts";
import {
  bytesSent,
  chooseFile,
  countSent,
  createSecret,
  expectKept,
  expectToldKept,
  expectUnchanged,
  openNew,
  outsideEvents,
  pressAndFinish,
  type Stage,
  sendUnchecked,
  testOnStage,
  valueField,
} from "./stage.ts";
import { addSecret, addService } from "./swarm.ts";

const largest = 511_999;

const test = testOnStage();

test.describe("bad input", () => {
  test("an empty value is refused beside its field, in the browser and by the server", async ({ page, stage }) => {
    await expectUnchanged(stage.scene, async () => {
      await openNew(page, "empty");
      const sent = countSent(page);
      await page.getByRole("button", { name: "Create empty_v1" }).click();
      await expect(page.getByText("Enter the value, or choose a file.")).toBeVisible();
      await expect(valueField(page)).toBeFocused();
      expect(sent()).toBe(0);
      await page.reload();
      await sendUnchecked(page, Buffer.alloc(0), "Create empty_v1");
      await expect(page.getByText("Enter the value, or choose a file.")).toBeVisible();
      expect(sent()).toBe(1);
      await expectToldKept(page, "empty");
    });
  });

  for (const [what, size] of [
    ["512,000 bytes", 512_000],
    ["5 MB", 5_000_000],
  ] as const) {
    test(`${what} are refused before they are sent, and by the server if they are sent all the same`, async ({
      page,
      stage,
    }) => {
      await expectUnchanged(stage.scene, async () => {
        await openNew(page, "large");
        const sent = countSent(page);
        await chooseFile(page, Buffer.alloc(size, 97));
        await page.getByRole("button", { name: "Create large_v1" }).click();
        await expect(page.getByText("This is over 511,999 bytes")).toBeVisible();
        await expectToldKept(page, "large");
        expect(sent()).toBe(0);
        await page.reload();
        await sendUnchecked(page, Buffer.alloc(size, 97), "Create large_v1");
        await expect(page.getByText("The value is over 511,999 bytes")).toBeVisible();
        await expectToldKept(page, "large");
        await expect(valueField(page)).toHaveValue("");
        await expect(page.getByText("0 of 511,999 bytes")).toBeVisible();
      });
    });
  }

  test("what is typed is counted in bytes, and refused like a file", async ({ page, stage }) => {
    await expectUnchanged(stage.scene, async () => {
      await openNew(page, "long");
      const sent = countSent(page);
      await valueField(page).fill("é".repeat(256_000));
      await expect(page.getByText("512,000 of 511,999 bytes")).toBeVisible();
      await page.getByRole("button", { name: "Create long_v1" }).click();
      await expect(page.getByText("This is over 511,999 bytes")).toBeVisible();
      expect(sent()).toBe(0);
      await expectToldKept(page, "long");
    });
  });

  test("a rotation to no value, or to the one that is there, is refused beside the field, and its options stay", async ({
    page,
    stage,
  }) => {
    const key = await createSecret(page, stage.scene, "rotated", "first");
    const options = { source: "typed", oldStaysValid: "no", order: "together", soakSeconds: "3" };
    await page.goto(`/secrets/${key}/rotate?${new URLSearchParams(options)}`);
    await expectUnchanged(stage.scene, async () => {
      const button = page.getByRole("button", { name: /^Rotate/ });
      await button.click();
      await expect(page.getByText("Enter the value, or choose a file.")).toBeVisible();
      await valueField(page).fill("first");
      await button.click();
      await expect(page.getByText("this is the value that the secret has now.")).toBeVisible();
      await expectKept(page, { "Order of services": "together", Soak: "3", "New value": "" });
      await expect(page.getByLabel("I enter it")).toBeChecked();
      await expect(page.getByRole("radio", { name: /^No / })).toBeChecked();
    });
  });

  test("what is too much even for the server leaves the page as it is, with a sentence", async ({ page, stage }) => {
    await expectUnchanged(stage.scene, async () => {
      await openNew(page, "huge");
      await sendUnchecked(page, Buffer.alloc(9_000_000, 97), "Create huge_v1");
      await expect(page.getByText("Skep did not answer.")).toBeVisible();
      await expectToldKept(page, "huge");
    });
  });

  test("1 and 511,999 bytes, binary or text of either line end, arrive byte for byte", async ({ page, stage }) => {
    const values: [string, Buffer][] = [
      ["one", Buffer.from("x")],
      ["most", randomBytes(largest)],
      ["binary", Buffer.from([...Array(256).keys()])],
      ["unix", Buffer.from("a\nb\n\nc\n")],
      ["windows", Buffer.from("a\r\nb\r\n\r\nc\r\n")],
    ];
    for (const [name, bytes] of values) {
      await openNew(page, name);
      await chooseFile(page, bytes);
      await pressAndFinish(page, `Create ${name}_v1`);
      expect(bytesSent(stage.scene, `${name}_v1`).equals(bytes)).toBe(true);
    }
  });

  test("what is typed keeps LF, what is pasted keeps CRLF, and a task reads just that", async ({ page, stage }) => {
    await openNew(page, "typed-lines");
    await valueField(page).pressSequentially("a\nb");
    await expect(page.getByText("3 of 511,999 bytes")).toBeVisible();
    await pressAndFinish(page, "Create typed-lines_v1");
    expect(bytesSent(stage.scene, "typed-lines_v1").toString()).toBe("a\nb");

    const pasted = "-----BEGIN KEY-----\r\nabc\r\n-----END KEY-----\r\n";
    await openNew(page, "pasted");
    await valueField(page).evaluate((field: HTMLTextAreaElement, text) => {
      field.focus();
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", text);
      if (field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true })))
        document.execCommand("insertText", false, text);
    }, pasted);
    await expect(page.getByText(`${pasted.length} of 511,999 bytes`)).toBeVisible();
    await pressAndFinish(page, "Create pasted_v1");
    expect(bytesSent(stage.scene, "pasted_v1").toString()).toBe(pasted);
    const hash = createHash("sha256").update(pasted).digest("hex");
    await until("a task reads the pasted text", async () => (await readInTask(stage, "pasted_v1")).includes(hash));
  });

  for (const [name, sentence] of [
    ["n".repeat(59), "A name has at most 58 characters"],
    ["n".repeat(65), "A name has at most 58 characters"],
    ["a name", "Use letters, digits, - _ and . only"],
    ["-name", "beginning and ending with a letter or digit"],
  ] as const) {
    test(`the name ${name.slice(0, 8)} of ${name.length} characters is refused as it is typed and when it is sent`, async ({
      page,
      stage,
    }) => {
      await expectUnchanged(stage.scene, async () => {
        await openNew(page, "fine");
        const [button] = [page.getByRole("button", { name: "Create fine_v1" })];
        await expect(button).toBeVisible();
        await page.getByLabel("Name", { exact: true }).fill(name);
        await expect(page.getByText(sentence)).toBeVisible();
        await page.getByLabel("Name", { exact: true }).blur();
        await expect(button).toBeHidden();
        await expect(page.getByText(sentence)).toBeVisible();
        await expectToldKept(page, name);
        // By the server, which is sent what no page would send.
        await openNew(page, "fine");
        await replaceHidden(page, "name", name);
        await sendUnchecked(page, Buffer.from("value"), "Create fine_v1");
        await expect(page.getByRole("alert").filter({ hasText: sentence })).toBeVisible();
        await expectToldKept(page, "fine");
      });
    });
  }

  test("names of 1 and 58 characters are taken", async ({ page }) => {
    for (const name of ["n", "n".repeat(58)]) {
      await openNew(page, name);
      await valueField(page).fill("value");
      await pressAndFinish(page, `Create ${name}_v1`);
    }
  });

  test("a name that differs in case only is taken, and a foreign _v2 is stepped over", async ({ page, stage }) => {
    await createSecret(page, stage.scene, "Cased");
    await expectUnchanged(stage.scene, async () => {
      await openNew(page, "cASED");
      await expect(page.getByText("There is a secret named Cased already")).toBeVisible();
      await expectToldKept(page, "cASED");
    });
    const foreign = await addSecret(stage.scene.engine, "foreign_V2", "theirs");
    await expect.poll(() => outsideEvents(stage.scene, foreign.id)).toBe(1);
    await expectUnchanged(stage.scene, () => openNew(page, "foreign"));
    await valueField(page).fill("ours");
    await pressAndFinish(page, "Create foreign_v3");
    expect(bytesSent(stage.scene, "foreign_v3").toString()).toBe("ours");

    // The same for the next version of one's own.
    const key = await createSecret(page, stage.scene, "own");
    await addSecret(stage.scene.engine, "OWN_v2", "theirs");
    await page.goto(`/secrets/${key}/rotate?source=typed&oldStaysValid=yes`);
    await expect(page.getByRole("heading", { level: 1 })).toContainText("v1 → v3");
    await valueField(page).fill("second");
    await pressAndFinish(page, /^Rotate/);
    expect(bytesSent(stage.scene, "own_v3").toString()).toBe("second");
  });

  test("a file name that cannot be, that is taken, or a mode that is none, is refused beside its field", async ({
    page,
    stage,
  }) => {
    const { engine } = stage.scene;
    const mounts = [await addSecret(engine, "held", "held")];
    const serviceId = await addService(engine, { name: "reader", mounts });
    const key = await createSecret(page, stage.scene, "granted");
    await expect.poll(() => outsideEvents(stage.scene, serviceId)).toBe(1);
    const cases: { target: string; mode: string; label: string; sentence: string }[] = [
      { target: "folder/file", mode: "0400", label: "File", sentence: "Give a file name without slashes" },
      { target: "/etc/passwd", mode: "0400", label: "File", sentence: "Give a file name without slashes" },
      { target: "..", mode: "0400", label: "File", sentence: "This is a folder, not a file name" },
      { target: "held", mode: "0400", label: "File", sentence: "reader has held at /run/secrets/held already" },
      { target: "/run/secrets/held", mode: "0400", label: "File", sentence: "/run/secrets/held already" },
      { target: "fine", mode: "999", label: "Mode", sentence: "Write the mode in octal, such as 0400 or 0444." },
    ];
    await expectUnchanged(stage.scene, async () => {
      for (const { target, mode, label, sentence } of cases) {
        await page.goto(`/secrets/${key}/grant?${new URLSearchParams({ serviceId, uid: "7", mode: "0440" })}`);
        await expect(page.getByRole("button", { name: "Grant to reader" })).toBeVisible();
        for (const [name, text] of Object.entries({ File: target, Mode: mode })) {
          await page.getByLabel(name, { exact: true }).fill(text);
          await page.getByLabel(name, { exact: true }).blur();
        }
        await expect(page.getByLabel(label, { exact: true })).toHaveAccessibleDescription(new RegExp(sentence));
        await expect(page.getByRole("button", { name: "Grant to reader" })).toBeHidden();
        await expectKept(page, { Service: serviceId, File: target, User: "7", Mode: mode });
      }
      // By the server, which is sent what no page would send.
      for (const [field, text, sentence] of [
        ["target", "..", "This is a folder, not a file name"],
        ["mode", "999", "Write the mode in octal"],
      ] as const) {
        await page.goto(`/secrets/${key}/grant?${new URLSearchParams({ serviceId, target: "fine", mode: "0440" })}`);
        await replaceHidden(page, field, text);
        await page.getByRole("button", { name: "Grant to reader" }).click();
        await expect(page.getByRole("alert").filter({ hasText: sentence })).toBeVisible();
        await expectKept(page, { Service: serviceId, File: "fine", Mode: "0440" });
      }
    });
  });
});

/** Sends another text than the page would. */
async function replaceHidden(page: Page, name: string, text: string): Promise<void> {
  const input = page.locator(`input[type=hidden][name=${name}]`);
  await input.evaluate((element: HTMLInputElement, other) => {
    element.value = other;
  }, text);
}

/** What sha256sum says of a secret, in a task that was given it. */
async function readInTask({ scene }: Stage, name: string): Promise<string> {
  const { api } = scene.engine;
  const query = (filters: object) => encodeURIComponent(JSON.stringify(filters));
  const [running] = await api.call<{ Id: string }[]>("GET", `/containers/json?filters=${query({ name: ["hasher"] })}`);
  if (running) {
    const exec = { AttachStdout: true, Cmd: ["sha256sum", "/run/secrets/read"] };
    const { Id } = await api.call<{ Id: string }>("POST", `/containers/${running.Id}/exec`, exec);
    return String(await api.call("POST", `/exec/${Id}/start`, { Detach: false, Tty: false }));
  }
  const services = await api.call<unknown[]>("GET", `/services?filters=${query({ name: ["hasher"] })}`);
  const [secret] = await api.call<{ ID: string }[]>("GET", `/secrets?filters=${query({ name: [name] })}`);
  if (services.length === 0 && secret) {
    await addService(scene.engine, { name: "hasher", mounts: [{ id: secret.ID, name, target: "read" }] });
  }
  return "";
}
