import "server-only";
import { randomBytes } from "node:crypto";
import { unstable_rethrow } from "next/navigation";
import type { z } from "zod";
import { isAppError } from "#lib/errors.ts";
import { logOf } from "#lib/log.ts";
import { formInput, givenBack, unkeepable } from "./form-fields.ts";
import { insideAction } from "./require.ts";
import { type FormState, idleForm } from "./schema.ts";

/**
 * The one way from a form to a verb: parse, work, and an answer that keeps what the person entered. Nothing leaves by
 * throwing but Next's own redirect and notFound, since what an action throws is printed.
 */
export function formAction<Schema extends z.ZodType>(
  schema: Schema,
  form: FormData,
  work: (input: z.output<Schema>) => Promise<undefined>,
): Promise<FormState>;
/** With something for the one answer: what the work returns becomes the state's `result`. */
export function formAction<Schema extends z.ZodType, Result>(
  schema: Schema,
  form: FormData,
  work: (input: z.output<Schema>) => Promise<Result>,
): Promise<FormState<Result>>;
export async function formAction<Schema extends z.ZodType>(
  schema: Schema,
  form: FormData,
  work: (input: z.output<Schema>) => Promise<unknown>,
): Promise<FormState<unknown>> {
  const entered = { ...idleForm, ...givenBack(form) };
  try {
    const fieldErrors = unkeepable(form);
    if (Object.keys(fieldErrors).length > 0) return { ...entered, status: "error", fieldErrors };
    const parsed = await schema.safeParseAsync(formInput(form));
    if (!parsed.success) return { ...entered, status: "error", ...wrongFields(parsed.error.issues) };
    const result = await insideAction(() => work(parsed.data));
    return { ...idleForm, status: "done", result: result ?? null };
  } catch (error) {
    unstable_rethrow(error);
    return { ...entered, status: "error", ...refusal(error) };
  }
}

/** The same for what a page asks while a person types: the answer, or the sentence that says why there is none. */
export async function answerAction(work: () => Promise<string | null>): Promise<string | null> {
  try {
    return await insideAction(work);
  } catch (error) {
    unstable_rethrow(error);
    const { fieldErrors, formError } = refusal(error);
    return formError ?? Object.values(fieldErrors)[0] ?? null;
  }
}

type Refused = Pick<FormState, "fieldErrors" | "formError">;

function wrongFields(issues: z.core.$ZodIssue[]): Refused {
  const fieldErrors: Record<string, string> = {};
  const formErrors: string[] = [];
  for (const { path, message } of issues) {
    if (path.length === 0) formErrors.push(message);
    else fieldErrors[path.join(".")] ??= message;
  }
  return { fieldErrors, formError: formErrors[0] ?? null };
}

function refusal(error: unknown): Refused {
  if (!isAppError(error) || error.code === "unexpected") return unexpected(error);
  if (error.cause !== undefined) log.warn("action.refused", { code: error.code }, error);
  if (error.field) return { fieldErrors: { [error.field]: error.publicMessage }, formError: null };
  return { fieldErrors: {}, formError: error.publicMessage };
}

/** A defect, foreseen or not: the person gets the reference under which the log has it. */
function unexpected(error: unknown): Refused {
  const reference = randomBytes(4).toString("hex");
  log.error("action.failed", error, { reference });
  const known = isAppError(error)
    ? error.publicMessage
    : "Something went wrong inside Skep. Look whether it was done, then try again.";
  return { fieldErrors: {}, formError: `${known} The log has it under ${reference}.` };
}

const log = logOf("auth");
