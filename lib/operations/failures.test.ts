import pino from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { translateRefusal } from "#lib/swarm/errors.ts";
import { counted, mostFailures } from "./failures.ts";
import { newStep } from "./ledger.ts";

const lines: string[] = [];
const once = globalThis as unknown as Record<symbol, unknown>;
const log = Symbol.for("skep.once.log");
const before = once[log];
beforeEach(() => {
  lines.splice(0);
  once[log] = pino({ base: null }, { write: (line: string) => void lines.push(line) });
});
afterEach(() => {
  once[log] = before;
});

const step = newStep("move", { id: "web", name: "web" }, 1);

test("each failure of a step is in the log with the status and the reason that its sentence points to", () => {
  const refusal = translateRefusal(400, "invalid mount target, must be an absolute path", "update service");
  expect(refusal.publicMessage).toContain("Its reason is in Skep's log");
  for (let failures = 0; failures < mostFailures; failures += 1) counted({ ...step, failures }, refusal);
  expect(lines).toHaveLength(mostFailures);
  const last = JSON.parse(lines.at(-1) ?? "");
  expect(last).toMatchObject({ event: "step.failed", step: "move:web", failures: mostFailures });
  expect(last.error).toMatchObject({ code: "swarm-refused" });
  expect(last.error.cause.message).toBe("Docker answered 400: invalid mount target, must be an absolute path");
});

test("a defect is in the log by its name and place, without its words", () => {
  counted(step, new TypeError("canary"));
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ event: "step.defect", error: { name: "TypeError" } });
  expect(lines[0]).not.toContain("canary");
});
