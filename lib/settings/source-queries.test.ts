import { expect, it } from "vitest";
import { sourceRow } from "./source-queries.ts";

const changedAt = new Date("2026-11-27T15:00:00Z");
const stored = {
  id: "s1",
  name: "vault-prod",
  bound: 2,
  changedAt,
  failure: null,
  failingSince: null,
  nextAskAt: null,
};
const settings = { kind: "http", address: "https://config.example" };

it("a source is shown with its settings, and with why it gives nothing", () => {
  const failing = { failure: "It is down.", failingSince: changedAt, nextAskAt: new Date("2026-11-27T15:01:00Z") };
  expect(sourceRow({ ...stored, settings, ...failing })).toMatchObject({
    kind: "http",
    text: "HTTP at https://config.example",
    bound: 2,
    failure: { sentence: "It is down.", since: changedAt.toISOString(), nextAskAt: "2026-11-27T15:01:00.000Z" },
    settings,
  });
  expect(sourceRow({ ...stored, settings }).failure).toBeNull();
});

it.each([
  [{ ...settings, address: "nowhere" }, "http"],
  [{ kind: "aws" }, "aws"],
  [{ kind: "of a newer Skep" }, "http"],
  [null, "http"],
  ["text", "http"],
  [[], "http"],
])("a source whose settings nobody understands, as %j, is a row that says so", (given, kind) => {
  expect(sourceRow({ ...stored, settings: given })).toEqual({
    id: "s1",
    name: "vault-prod",
    bound: 2,
    kind,
    text: "settings that Skep does not understand",
    webhookPath: "/api/sources/s1",
    settings: null,
    failure: {
      sentence: "The settings of vault-prod are not complete. Enter them again in Settings, Sources.",
      since: changedAt.toISOString(),
      nextAskAt: null,
    },
  });
});
