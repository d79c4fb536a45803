import { describe, expect, it } from "vitest";
import { redactError } from "./redact.ts";

const value = 'canary"7f/3+ä';
const container = {
  Env: [`PASSWORD=${value}`, "URL=postgres://app:hunter22@db:5432/shop", "MODE=on", "EMPTY="],
  Args: ["--token=tok_in_args", "serve"],
  Command: ["sh", "-c", "login canary_in_command"],
  Labels: { note: "canary_in_label" },
  Healthcheck: { Test: ["CMD", "check", "canary_in_check"] },
};

describe("an error text", () => {
  it.each([
    ["raw", value],
    ["escaped", JSON.stringify(value).slice(1, -1)],
    ["in base64", Buffer.from(value).toString("base64")],
    ["in base64url", Buffer.from(value).toString("base64url")],
    ["in hex", Buffer.from(value).toString("hex")],
    ["in a URL", encodeURIComponent(value)],
    ["as a password inside a URL", "hunter22"],
    ["as part of an argument", "tok_in_args"],
    ["as part of a command", "canary_in_command"],
    ["in a label", "canary_in_label"],
    ["in a health check", "canary_in_check"],
  ])("loses the service's own values: %s", (_form, text) => {
    const clean = redactError(`starting container failed: ${text}: no such file`, container);
    expect(clean).not.toContain(text);
    expect(clean).toContain("starting container failed");
  });

  it("keeps what has nothing to do with them", () => {
    const text = "no suitable node (scheduling constraints not satisfied on 1 node)";
    expect(redactError(text, container)).toBe(text);
  });

  it("keeps the name of the stack, which is in that of the task", () => {
    const text = "shop_api.1 failed: non-zero exit (1)";
    const Labels = { "com.docker.stack.namespace": "shop", note: "exit" };
    expect(redactError(text, { Labels })).toBe("shop_api.1 failed: non-zero [removed] (1)");
  });

  it("has at most 300 characters, and no value is left standing at the cut", () => {
    const long = `${"x".repeat(295)}${value}`;
    const clean = redactError(long, container);
    expect(clean.length).toBe(300);
    expect(clean).not.toContain("canary");
  });
});
