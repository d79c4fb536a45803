import { beforeEach, expect, test } from "vitest";
import { configureFor, samplePerson } from "#lib/auth/sample.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import type { Person } from "#lib/policy/schema.ts";
import { isAutomationPaused, pauseAutomation, readAutomation, resumeAutomation } from "./automation.ts";
import { changeDefaults, readDefaults } from "./defaults.ts";
import { defaultsInput, usualDefaults } from "./schema.ts";

let db: TestDatabase;
let administrator: Person;

beforeEach(async () => {
  db = await testDatabase();
  configureFor(db.url);
  administrator = await samplePerson(db.database, { role: "administrator" });
});

function permitOf<A extends "setting.edit" | "automation.pause">(action: A): Permit<A> {
  const permit = decide(administrator, action, {});
  if (!permit) throw new Error("no permit");
  return permit;
}

async function details(): Promise<unknown[]> {
  const rows = await db.database.auditEvent.findMany({ orderBy: { sequence: "asc" } });
  return rows.map(({ body }) => JSON.parse(Buffer.from(body).toString("utf8")).detail);
}

test("defaults are the usual ones until somebody changes them, and each change is told", async () => {
  expect(await readDefaults()).toEqual(usualDefaults);
  const wanted = { order: "together", soakSeconds: 30, keepSeconds: 86_400 } as const;
  await changeDefaults(permitOf("setting.edit"), wanted);
  await changeDefaults(permitOf("setting.edit"), wanted);
  expect(await readDefaults()).toEqual(wanted);
  expect(await details()).toEqual([
    { type: "setting.changed", name: "order", before: "canary", after: "together" },
    { type: "setting.changed", name: "soak", before: "as the health check asks", after: "30 s" },
  ]);
});

test("a row that cannot be read is as good as none", async () => {
  await db.database.setting.create({ data: { key: "defaults", value: { order: "sideways", keepSeconds: 5 } } });
  expect(await readDefaults()).toEqual({ ...usualDefaults, keepSeconds: 5 });
});

test("the switch stays where it was turned, with who and why, and turning it again changes nothing", async () => {
  expect(await isAutomationPaused()).toBe(false);
  await pauseAutomation(permitOf("automation.pause"), "upgrade of the managers");
  await pauseAutomation(permitOf("automation.pause"), "another reason");
  expect(await readAutomation()).toMatchObject({ isPaused: true, reason: "upgrade of the managers", changedBy: "Ada" });
  await resumeAutomation(permitOf("automation.pause"));
  await resumeAutomation(permitOf("automation.pause"));
  expect(await isAutomationPaused()).toBe(false);
  expect(await details()).toEqual([
    { type: "automation.paused", reason: "upgrade of the managers" },
    { type: "automation.resumed" },
  ]);
});

test.each([
  [{ order: "canary", soakSeconds: "", keepSeconds: "24 h" }, usualDefaults],
  [
    { order: "together", soakSeconds: "0", keepSeconds: "0" },
    { order: "together", soakSeconds: 0, keepSeconds: 0 },
  ],
  [{ order: "sideways", soakSeconds: "", keepSeconds: "24 h" }, null],
  [{ order: "canary", soakSeconds: "-1", keepSeconds: "24 h" }, null],
  [{ order: "canary", soakSeconds: "1.5", keepSeconds: "24 h" }, null],
  [{ order: "canary", soakSeconds: "", keepSeconds: "" }, null],
  [{ order: "canary", soakSeconds: "", keepSeconds: "9000 h" }, null],
  [{ order: "canary", soakSeconds: "", keepSeconds: "a day" }, null],
])("a form with %j gives %j", (form, wanted) => {
  expect(defaultsInput.safeParse(form).data ?? null).toEqual(wanted);
});
