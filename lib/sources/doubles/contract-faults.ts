import "server-only";
import { expect, it } from "vitest";
import { describeError } from "#lib/log.ts";
import type { Source } from "../contract.ts";
import { isSourceFailure, type SourceFailure, type SourceReason } from "../failure.ts";
import { hasList } from "../schema.ts";
import { password, type Scene, sourceName, textFrom } from "./scene.ts";
import { canary, type Fault } from "./stage.ts";

/** Of a Vault, a redirect is the word of a standby node. */
const reasons: Record<Fault, SourceReason[]> = {
  sealed: ["sealed"],
  standby: ["standby"],
  throttled: ["throttled"],
  failing: ["failing"],
  "expired-login": ["sign-in"],
  forbidden: ["forbidden"],
  redirect: ["broken-answer", "standby"],
  broken: ["broken-answer"],
  silent: ["unreachable"],
};

export function contractOfFaults(scene: Scene): void {
  const { fail, faults } = scene.stage;
  if (!fail) return;
  it.each(faults)("says why when it is %s, in Skep's words alone, and works again afterwards", async (fault) => {
    const expected = reasons[fault];
    await scene.put("faulty", { password: "still here" });
    const path = scene.path("faulty");
    for (const source of await sourcesFor(scene, fault)) {
      fail(fault);
      const checking = source.check().catch((error: unknown) => error);
      const failures = await Promise.all(callsOf(scene, source, path).map((call) => failureOf(call())));
      const check = await checking;
      fail(null);
      for (const failure of failures) {
        expectOwnWords(failure);
        expect(expected).toContain(failure.reason);
      }
      expectCheck(check, fault, expected);
      // A login that was begun in silence may wait for its own end.
      const next = fault === "silent" ? await scene.open() : source;
      expect(await textFrom(next, path, password)).toBe("still here");
      for (const opened of new Set([source, next])) if (opened !== scene.source()) await opened.close();
    }
  });
}

/** One that has logged in, and one that has not. Silence is waited for, so it is asked for once, and shortly. */
async function sourcesFor(scene: Scene, fault: Fault): Promise<Source[]> {
  if (fault === "silent") return [await scene.open({ callSeconds: 0.3 })];
  return [scene.source(), await scene.open()];
}

function callsOf(scene: Scene, source: Source, path: string): (() => Promise<unknown>)[] {
  const lists = hasList[scene.stage.settings.kind] ? [() => source.browse("")] : [];
  return [() => source.read(path, password, null), () => source.versions(path, null), ...lists];
}

async function failureOf(call: Promise<unknown>): Promise<SourceFailure> {
  const error = await call.then(
    () => new Error("it did not fail"),
    (failure: unknown) => failure,
  );
  if (!isSourceFailure(error)) throw error;
  return error;
}

/** A login may do little and still be right: then a check says so, and does not fail. */
function expectCheck(outcome: unknown, fault: Fault, expected: SourceReason[]): void {
  if (isSourceFailure(outcome)) {
    expectOwnWords(outcome);
    expect([...expected, "sign-in"]).toContain(outcome.reason);
  } else {
    expect(fault).toBe("forbidden");
    expect(everythingIn(outcome).toLowerCase()).not.toContain(canary);
  }
}

function expectOwnWords(failure: SourceFailure): void {
  expect(failure.publicMessage).toContain(sourceName);
  expect(failure.publicMessage).toMatch(/^[^.]+\. .+\.$/s);
  expect(failure.pauseSeconds).toBeGreaterThanOrEqual(1);
  expect(failure.pauseSeconds).toBeLessThanOrEqual(3600);
  expect(everythingIn(failure).toLowerCase()).not.toContain(canary);
  expect(JSON.stringify(describeError(failure)).toLowerCase()).not.toContain(canary);
}

/** Its messages and stacks, and those of its causes, with whatever else hangs on them. */
function everythingIn(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  const own = Object.getOwnPropertyNames(error).map((name) => (error as Record<string, unknown>)[name]);
  return own.map((member) => (typeof member === "function" ? "" : everythingIn(member))).join("\n");
}
