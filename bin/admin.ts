import { resetCommand, resetUsage } from "#lib/auth/reset-command.ts";
import { closeDatabase } from "#lib/db/client.ts";
import { configurationFrom, configure, env } from "#lib/env.ts";
import { AppError } from "#lib/errors.ts";
import { report } from "./console.ts";
import { withGroundDatabase } from "./ground-database.ts";

/** `skep admin reset`: a link to a new password for an administrator, beside a running Skep or without one. */
export async function run([verb, ...rest]: string[]): Promise<number> {
  if (verb !== "reset") throw new AppError("invalid-input", `The command is: ${resetUsage}`);
  return withGroundDatabase(async ({ databaseUrl, sessionSecret }) => {
    if (sessionSecret === null) {
      const sentence =
        "The session secret is not known here. Set SKEP_SESSION_SECRET or SKEP_DATA_DIR as Skep runs with.";
      throw new AppError("invalid-input", sentence);
    }
    const docker = { host: "", certPath: null, isTlsVerified: false };
    configure(configurationFrom(env(), { databaseUrl, sessionSecret, docker }));
    try {
      await resetCommand(rest, { write: report });
    } finally {
      await closeDatabase();
    }
    return 0;
  });
}
