import { expect, test } from "vitest";
import { AppError, LoggableError } from "./errors.ts";
import { describeError } from "./log.ts";

const canary = "s3cr3t-canary\nsecond line\n    at a line that only looks like a frame";

test("messages of foreign errors stay out of the log, however deep they lie", () => {
  const foreign = new TypeError(`Invalid value ${canary}`, { cause: new Error(canary) });
  const line = JSON.stringify(describeError(new AppError("unexpected", "It failed. Try again.", { cause: foreign })));
  expect(line).not.toContain("canary");
  expect(line).not.toContain("second line");
  expect(line).not.toContain("only looks like");
  expect(line).toContain("It failed. Try again.");
  expect(line).toContain("TypeError");
});

test("codes and frames are kept, since they say where to look", () => {
  const line = describeError(Object.assign(new Error(canary), { code: "ECONNREFUSED" }));
  expect(line.code).toBe("ECONNREFUSED");
  expect(line.at).toContain("log.test.ts");
});

test("what was thrown and is no error is named by its type only", () => {
  expect(describeError(canary)).toEqual({ name: "string" });
});

test("an error of ours that was made for the log keeps its message, and no other error does by its fields", () => {
  expect(describeError(new LoggableError("Docker answered 400: no")).message).toBe("Docker answered 400: no");
  const foreign = Object.assign(new Error(canary), { loggable: true, reason: canary, json: { message: canary } });
  expect(JSON.stringify(describeError(foreign))).not.toContain("canary");
});
