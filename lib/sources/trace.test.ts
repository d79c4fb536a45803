import { inspect } from "node:util";
import { expect, it } from "vitest";
import { AppError, LoggableError } from "#lib/errors.ts";
import { describeError } from "#lib/log.ts";
import { SourceFailure } from "./failure.ts";

const canary = "canary-5d1e";

/** As an SDK makes them of what a server said: name, text and further members are the server's. */
class SdkError extends Error {
  constructor(cause?: unknown) {
    super(`${canary}\n    at ${canary} (file:///${canary}.js:1:1)\n    at ${canary}:1:1`, { cause });
    Object.assign(this, { name: canary, code: canary, target: canary, body: { canary }, $response: canary });
  }
}

it("nothing of a foreign error's text is in a failure, nor in what the log makes of it", () => {
  const cause = new SdkError(new AggregateError([new SdkError()], canary, { cause: new SdkError({ canary }) }));
  const failure = new SourceFailure("failing", "AWS", { cause });
  expect(inspect(failure, { showHidden: true, depth: 9 })).not.toContain(canary);
  expect(JSON.stringify(describeError(failure))).not.toContain(canary);
});

it("what tells where it came from stays: class, code and frames, of each cause", () => {
  const lost = Object.assign(new Error("connect ECONNREFUSED 10.0.0.1"), { code: "ECONNREFUSED" });
  const failure = new SourceFailure("unreachable", "AWS", { cause: new SdkError(lost) });
  expect(describeError(failure).cause).toMatchObject({
    name: "SdkError",
    at: expect.stringMatching(/trace\.test\.ts:\d+:\d+/),
    cause: { name: "Error", code: "ECONNREFUSED", at: expect.stringContaining("trace.test.ts") },
  });
  const late = new SourceFailure("unreachable", "AWS", { cause: new DOMException("too late", "TimeoutError") });
  expect(describeError(late).cause).toMatchObject({ name: "TimeoutError", code: "23" });
});

it.each([new AppError("invalid-input", "Mount the file."), new LoggableError("status 503")])(
  "an error of Skep's own stays whole",
  (own) => {
    expect(new SourceFailure("sign-in", "AWS", { cause: own }).cause).toBe(own);
  },
);

it.each([null, "a thrown text with canary-5d1e in it", 42])("whatever else is thrown leaves no text: %j", (thrown) => {
  const failure = new SourceFailure("failing", "AWS", { cause: thrown });
  expect(inspect(failure, { showHidden: true })).not.toContain(canary);
});
