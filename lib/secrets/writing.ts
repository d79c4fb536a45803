import "server-only";
import { AppError } from "#lib/errors.ts";
import { fieldsOfTemplate, fillTemplate } from "#lib/sources/template.ts";
import { someOf } from "#lib/words.ts";

/** Refuses what a rotator's values cannot be written by. `hasLogins`: there are user names to write. */
export function checkWriting(template: string, hasLogins: boolean): void {
  const fields = fieldsOfTemplate(template);
  const strange = fields.filter((field) => field !== "user" && field !== "password");
  if (strange.length > 0) {
    refuse(`A rotator gives {{user}} and {{password}} only, and not ${someOf(strange)}. Take that out.`);
  }
  if (!hasLogins && fields.includes("user")) {
    refuse("This rotator has no logins, so there is no {{user}}. Write {{password}} only, or name its logins first.");
  }
}

/** A line that shows what a template makes, of values that are made up. */
export function exampleOf(template: string): string {
  checkWriting(template, true);
  const written = fillTemplate(template, (field) => (field === "user" ? exampleUser : standIn));
  // The dots of a password are written as they are, however the template writes a password.
  return written.replaceAll(standIn, dots).replaceAll(Buffer.from(standIn).toString("base64"), dots);
}

const exampleUser = "app_a";
const dots = "••••";
/** Letters and digits, which no writing but base64 changes, and which nobody writes into a template. */
const standIn = "7c1b9e4f0d2a4c6e8b5d3f1a9c7e5b3d";

function refuse(sentence: string): never {
  throw new AppError("invalid-input", sentence, { field: "template" });
}
