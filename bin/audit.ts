import { verifyCommand, verifyUsage } from "#lib/audit/verify-command.ts";
import { AppError } from "#lib/errors.ts";
import { report } from "./console.ts";
import { withGroundDatabase } from "./ground-database.ts";

/** `skep audit verify`: exit code 1 when the history was altered. */
export async function run([verb, ...rest]: string[]): Promise<number> {
  if (verb !== "verify") throw new AppError("invalid-input", `The command is: ${verifyUsage}`);
  return withGroundDatabase((found) => verifyCommand(rest, { ...found, write: report }));
}
