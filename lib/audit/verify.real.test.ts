import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testDatabase } from "#lib/db/test-database.ts";
import { transaction } from "#lib/db/transaction.ts";
import { configurationFrom, configure, readEnvironment } from "#lib/env.ts";
import { decide } from "#lib/policy/permit.ts";
import type { Person } from "#lib/policy/schema.ts";
import { appendAudit } from "./append.ts";
import { readChainState } from "./chain-state.ts";
import { readHead, signHead } from "./head.ts";
import { headKey } from "./head-key.ts";
import { chainState, latestEvents } from "./queries.ts";
import { sampleEvent, tampering } from "./sample.ts";
import { verifyHistory } from "./verify.ts";
import { verifyCommand } from "./verify-command.ts";

const { database, url, ownerUrl, asOwner } = await testDatabase();
const configuration = configurationFrom(readEnvironment({}), {
  databaseUrl: url,
  docker: { host: "unix:///nowhere", certPath: null, isTlsVerified: false },
  sessionSecret: "the session's own, of these tests",
});
configure(configuration);

const person: Person = {
  type: "person",
  personId: "person-9",
  name: "ada",
  email: "ada@example.org",
  role: "auditor",
  sessionId: "session-9",
  address: null,
  userAgent: null,
};
const verify = decide(person, "audit.verify", {});
if (!verify) throw new Error("An auditor may verify.");
const yesterday = { now: () => new Date("2026-11-22T10:00:00.000Z") };

beforeAll(async () => {
  for (let number = 1; number <= 10; number += 1) {
    await transaction((tx) => appendAudit(tx, sampleEvent(`secret_${number}`)), { database });
  }
});

describe("the chain's state", () => {
  it("is consistent up to the newest event, and verifying is written down", async () => {
    const state = await verifyHistory(verify);
    expect(state).toMatchObject({ state: "consistent", upTo: 10 });
    expect(await chainState()).toMatchObject({ state: "consistent", upTo: 11 });
    expect((await latestEvents(1))[0]?.type).toBe("audit.verified");
  });

  it("says when the whole of it was last walked, which a page does not do", async () => {
    const clock = { now: () => new Date("2026-11-24T03:00:00.000Z") };
    await readChainState({ isWhole: true, clock });
    expect(await chainState()).toMatchObject({ walkedWholeAt: "2026-11-24T03:00:00.000Z" });
  });

  it("says what is missing where the application owns the history, or a trigger is off", async () => {
    configure({ ...configuration, databaseUrl: ownerUrl });
    expect(await chainState()).toMatchObject({
      state: "unprotected",
      missing: expect.stringContaining("second database role"),
    });
    configure(configuration);
    await asOwner(`GRANT UPDATE ("hash") ON "AuditEvent" TO skep_app`);
    expect(await chainState()).toMatchObject({
      state: "unprotected",
      missing: expect.stringContaining("narrower role"),
    });
    await asOwner(`REVOKE UPDATE ("hash") ON "AuditEvent" FROM skep_app`);
    await asOwner(`ALTER TABLE "AuditEvent" DISABLE TRIGGER skep_audit_keep`);
    expect(await chainState()).toMatchObject({
      state: "unprotected",
      missing: expect.stringContaining("skep_audit_keep"),
    });
    await asOwner(`ALTER TABLE "AuditEvent" ENABLE ALWAYS TRIGGER skep_audit_keep`);
    expect(await chainState()).toMatchObject({ state: "consistent" });
  });
});

describe("skep audit verify", () => {
  const secret = configuration.sessionSecret;
  const folder = mkdtempSync(join(tmpdir(), "skep-heads-"));
  const file = join(folder, "heads.log");
  afterAll(() => rmSync(folder, { recursive: true }));

  async function run(...commandLine: string[]): Promise<{ code: number; text: string }> {
    const lines: string[] = [];
    const code = await verifyCommand(commandLine, {
      databaseUrl: url,
      sessionSecret: secret,
      write: (line) => lines.push(line),
    });
    return { code, text: lines.join("\n") };
  }

  it("ends with 0 on a consistent history, and calls it unaltered where signed heads agree", async () => {
    expect(await run()).toMatchObject({ code: 0, text: expect.stringContaining("Consistent up to") });
    const head = await signHead({ sessionSecret: secret, clock: yesterday, database });
    writeFileSync(file, `something else\nskep | ${JSON.stringify(head)}\n`);
    expect(await run("--heads", file)).toMatchObject({ code: 0, text: expect.stringContaining("Unaltered up to") });
  });

  it("takes no head that this key has not signed", async () => {
    const head = await signHead({ sessionSecret: "another", clock: yesterday, database });
    writeFileSync(file, `${JSON.stringify(head)}\n`);
    await expect(run("--heads", file)).rejects.toThrow("not signed with this key");
    const { publicKey } = headKey("another");
    expect(await run("--heads", file, "--key", publicKey)).toMatchObject({ code: 0 });
    const changed = { ...head, head: "0".repeat(64) };
    expect(readHead(JSON.stringify(changed), publicKey)).toBe("forged");
  });

  it("ends with 1 on a signed head that the history does not have: its end was cut off", async () => {
    const head = await signHead({ sessionSecret: secret, clock: yesterday, database });
    writeFileSync(file, `${JSON.stringify(head)}\n`);
    await asOwner(tampering(`DELETE FROM "AuditEvent" WHERE "sequence" = ${head?.sequence}`));
    expect(await run()).toMatchObject({ code: 0 });
    expect(await readChainState({ isWhole: true })).toMatchObject({ state: "broken", sequence: head?.sequence });
    expect(await run("--heads", file)).toMatchObject({
      code: 1,
      text: expect.stringContaining(`BROKEN at ${head?.sequence}: the event is missing`),
    });
  });

  it("ends with 1 on a break, and names the sequence", async () => {
    await asOwner(tampering(`UPDATE "AuditEvent" SET "body" = "body" || ' ' WHERE "sequence" = 3`));
    expect(await run()).toMatchObject({
      code: 1,
      text: expect.stringContaining("BROKEN at 3: its hash is not that of its body"),
    });
    expect(await chainState()).toMatchObject({ state: "broken", sequence: 11 });
    expect(await readChainState({ isWhole: true })).toMatchObject({ state: "broken", sequence: 3 });
    expect(await chainState()).toMatchObject({ state: "broken", sequence: 3 });
    expect(await verifyHistory(verify)).toMatchObject({ state: "broken", sequence: 3 });
  });

  it("says which options there are", async () => {
    await expect(run("--wrong")).rejects.toThrow("audit verify [--heads FILE] [--key KEY]");
  });
});
