import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { notFound, redirect } from "next/navigation";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { AppError } from "#lib/errors.ts";
import { answerAction, formAction } from "./form-action.ts";

const schema = z.object({
  name: z.string().min(2, "Too short."),
  service: z.array(z.string()).default([]),
  value: z.instanceof(File).optional(),
});

function form(entries: [string, string | File][]): FormData {
  const data = new FormData();
  for (const [name, entry] of entries) data.append(name, entry);
  return data;
}

const canary = "canary-3f1e";
const full = form([
  ["name", "db_password"],
  ["service[]", "one"],
  ["service[]", "two"],
  ["value", new File([canary], "value")],
  ["generatedValue", canary],
  ["currentPassword", canary],
  ["$ACTION_ID_1", "x"],
]);

describe("a form's action", () => {
  test("gives the work what was parsed, lists as lists and the value as a file", async () => {
    const state = await formAction(schema, full, async (input) => {
      expect(input.service).toEqual(["one", "two"]);
      expect(await input.value?.text()).toBe(canary);
      return { link: "/x" };
    });
    expect(state).toMatchObject({ status: "done", result: { link: "/x" }, fields: {}, formError: null });
  });

  test.each<[string, z.ZodType, () => Promise<null>]>([
    ["a wrong field", z.object({ name: z.string().min(50, "Too short.") }), async () => null],
    ["a refusal", schema, async () => Promise.reject(new AppError("busy", "It is busy. Wait."))],
    [
      "a refusal of a field",
      schema,
      async () => Promise.reject(new AppError("name-taken", "Taken. Choose another.", { field: "name" })),
    ],
    ["a defect", schema, async () => Promise.reject(new Error(`defect with ${canary}`))],
    ["something thrown that is no error", schema, async () => Promise.reject(canary)],
  ])("after %s gives back every field, but no value, file or password", async (_title, shape, work) => {
    const state = await formAction(shape, full, work);
    expect(state.status).toBe("error");
    expect(state.fields).toEqual({ name: "db_password" });
    expect(state.lists).toEqual({ service: ["one", "two"] });
    expect(JSON.stringify(state)).not.toContain(canary);
    expect(Object.keys(state.fieldErrors).length + (state.formError ? 1 : 0)).toBe(1);
  });

  test.each(["name", "service[]", "currentPassword"])("says of %s that a NUL cannot be kept", async (field) => {
    const entries = [...full.entries()].filter(([name]) => name !== field);
    const state = await formAction(schema, form([...entries, [field, "db\0password"]]), async () => {
      throw new Error("nothing is done with it");
    });
    const sentence = expect.stringContaining("NUL");
    expect(state).toMatchObject({ status: "error", fieldErrors: { [field.replace("[]", "")]: sentence } });
  });

  test("puts the sentence where it belongs", async () => {
    const atField = await formAction(schema, full, async () =>
      Promise.reject(new AppError("name-taken", "Taken.", { field: "name" })),
    );
    expect(atField.fieldErrors).toEqual({ name: "Taken." });
    const atForm = await formAction(schema, full, async () => Promise.reject(new AppError("busy", "Busy.")));
    expect(atForm.formError).toBe("Busy.");
    const parsed = await formAction(schema, form([["name", "x"]]), async () => undefined);
    expect(parsed.fieldErrors).toEqual({ name: "Too short." });
  });

  test("a defect gives one sentence and a reference, not its message", async () => {
    const state = await formAction(schema, full, async () => Promise.reject(new TypeError("inner words")));
    expect(state.formError).toMatch(/under [0-9a-f]{8}\.$/);
    expect(state.formError).not.toContain("inner words");
  });

  test("a defect that has a sentence of its own gives that, and the reference too", async () => {
    const state = await formAction(schema, full, async () => {
      throw new AppError("unexpected", "The database refused this. Try again.", { cause: new Error(canary) });
    });
    expect(state.formError).toMatch(/^The database refused this. Try again. The log has it under [0-9a-f]{8}\.$/);
    expect(JSON.stringify(state)).not.toContain(canary);
  });

  test("only redirect and notFound leave it by throwing", async () => {
    await expect(formAction(schema, full, async (): Promise<null> => redirect("/operations/1"))).rejects.toMatchObject({
      digest: expect.stringContaining("NEXT_REDIRECT"),
    });
    await expect(formAction(schema, full, async (): Promise<null> => notFound())).rejects.toMatchObject({
      digest: expect.stringContaining("404"),
    });
  });
});

describe("a question while a person types", () => {
  test("gives its answer, or the sentence why there is none", async () => {
    expect(await answerAction(async () => "Taken.")).toBe("Taken.");
    expect(await answerAction(async () => null)).toBeNull();
    const away = new AppError("database-unreachable", "The database cannot be reached.");
    expect(await answerAction(() => Promise.reject(away))).toBe("The database cannot be reached.");
    const taken = new AppError("name-taken", "Taken.", { field: "name" });
    expect(await answerAction(() => Promise.reject(taken))).toBe("Taken.");
    const defect = await answerAction(() => Promise.reject(new TypeError(canary)));
    expect(defect).toMatch(/under [0-9a-f]{8}\.$/);
    expect(defect).not.toContain(canary);
  });
});

test("every server action is nothing but one of these", () => {
  const app = join(import.meta.dirname, "../../app");
  const actions = globSync("**/*.{ts,tsx}", { cwd: app }).flatMap((file) => {
    const text = readFileSync(join(app, file), "utf8");
    if (!/^"use server";$/m.test(text)) return [];
    return [...text.matchAll(/^export [^;]*? (\w+)\([^{]*\{\n {2}(.*)/gm)].map(([, name, first]) => ({
      file,
      name,
      first,
    }));
  });
  expect(actions.length).toBeGreaterThan(30);
  expect(actions.filter(({ first }) => !/^return (form|answer)Action\(/.test(first ?? ""))).toEqual([]);
});
