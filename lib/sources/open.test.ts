import { expect, it, onTestFinished, vi } from "vitest";
import { AppError, isAppError } from "#lib/errors.ts";
import { SecretValue } from "#lib/value.ts";
import type { Source } from "./contract.ts";
import { openHttpStage } from "./doubles/http.ts";
import type { Stage } from "./doubles/stage.ts";
import { isSourceFailure } from "./failure.ts";
import { openSource } from "./open.ts";
import type { SourceSettings, Take } from "./schema.ts";

const whole: Take = { take: "whole" };

async function openStage(): Promise<Stage> {
  const stage = await openHttpStage();
  onTestFinished(() => stage.end());
  return stage;
}

async function open(
  stage: Stage,
  given: { settings?: Partial<SourceSettings>; credential?: Stage["credential"]; callSeconds?: number } = {},
): Promise<Source> {
  const { settings = {}, credential = stage.credential, callSeconds } = given;
  const all = { ...stage.settings, ...settings } as SourceSettings;
  const surroundings = { name: "Config server", credential, now: () => new Date() };
  const source = await openSource(all, surroundings, callSeconds === undefined ? {} : { callSeconds });
  onTestFinished(() => source.close());
  return source;
}

it("a credential that cannot be read fails the call with its own sentence, and is read anew the next time", async () => {
  const stage = await openStage();
  await stage.put("a", { password: "x" });
  const credential = vi.fn(stage.credential);
  credential.mockRejectedValueOnce(
    new AppError("invalid-input", "The credential http_token cannot be read. Mount it."),
  );
  const source = await open(stage, { credential });
  const failure = await source.read("a", whole, null).catch((error: unknown) => error);
  expect(isSourceFailure(failure)).toBe(true);
  expect(failure).toMatchObject({
    code: "source-sign-in",
    publicMessage: "The credential http_token cannot be read. Mount it.",
    pauseSeconds: 300,
  });
  (await source.read("a", whole, null)).value.forget();
});

it("an authority that cannot be read fails the opening as a failure of this source", async () => {
  const stage = await openStage();
  const missing = new AppError("invalid-input", "The credential ca cannot be read. Mount it.");
  const opening = open(stage, {
    settings: { authorityFile: "ca" },
    credential: () => Promise.reject(missing),
  });
  await expect(opening).rejects.toMatchObject({ code: "source-certificate", publicMessage: missing.publicMessage });
});

it("a credential's reader that breaks leaves none of its text in the failure", async () => {
  const stage = await openStage();
  const source = await open(stage, { credential: () => Promise.reject(new Error("token-canary")) });
  const failure = (await source.check().catch((error: unknown) => error)) as Error;
  expect(isAppError(failure, "source-sign-in")).toBe(true);
  expect(JSON.stringify([failure.message, failure.stack, String(failure.cause)])).not.toContain("canary");
});

it("a call ends in its time, and a value that comes later is forgotten", async () => {
  const stage = await openStage();
  await stage.put("a", { password: "x" });
  const later = Promise.withResolvers<string>();
  const source = await open(stage, { credential: () => later.promise, callSeconds: 0.2 });
  const forget = vi.spyOn(SecretValue.prototype, "forget");
  onTestFinished(() => forget.mockRestore());
  await expect(source.read("a", whole, null)).rejects.toMatchObject({ code: "source-unreachable" });
  expect(forget).not.toHaveBeenCalled();
  later.resolve(await stage.credential("http_token"));
  await expect.poll(() => forget.mock.calls.length).toBe(1);
});

it("an address that its settings do not allow is not asked, in words of its own", async () => {
  const stage = await openStage();
  const source = await open(stage, { settings: { allowsPrivateAddresses: false } });
  await expect(source.check()).rejects.toMatchObject({
    code: "source-address-refused",
    publicMessage: expect.stringContaining("Allow private addresses for it"),
  });
  expect(stage.requests()).toEqual([]);
});
