import "server-only";
import pg from "pg";
import { type AppError, isAppError } from "#lib/errors.ts";
import { networkReason } from "#lib/sources/network-failure.ts";
import { RotatorFailure, type RotatorReason } from "./failure.ts";
import type { RotatorSettingsOf } from "./schema.ts";

/** What PostgreSQL's error codes mean here (its manual, appendix A). The first that fits. */
const reasons: [RegExp, RotatorReason][] = [
  [/^28/, "sign-in"],
  [/^42501$/, "forbidden"],
  [/^42704$/, "no-login"],
  // Connections that are lost, sessions that are ended or took too long, servers that start or stop.
  [/^(08|57|25P0)/, "unreachable"],
  // Conflicts, too few resources, limits, locks, and what went wrong inside.
  [/^(40|53|54|55|58|F0|XX)/, "failing"],
];

/** Errors of `pg` and of Node in Skep's words. */
export function failureOf(
  { name, settings }: { name: string; settings: RotatorSettingsOf<"postgresql"> },
  cause: unknown,
): AppError {
  if (isAppError(cause)) return cause;
  const state = sqlStateOf(cause);
  if (state === null) return new RotatorFailure(networkReason(cause), name, { cause });
  const reason = reasons.find(([states]) => states.test(state))?.[1] ?? "broken-answer";
  const sentence = sentences.get(state)?.(name, settings.database);
  return new RotatorFailure(reason, name, { cause, ...(sentence === undefined ? {} : { sentence }) });
}

export function standbySentence(name: string): string {
  return `${name} is a standby, where nothing can be changed. Name the primary server in its settings.`;
}

/** Null where the error is not of the server. */
export function sqlStateOf(error: unknown): string | null {
  return error instanceof pg.DatabaseError && error.code !== undefined ? error.code : null;
}

/** A map, because the key is a word of the server's. */
const sentences = new Map<string, (name: string, database: string) => string>([
  [
    "28000",
    (name) => `${name} does not let Skep's own login in from here. Look at pg_hba.conf, and whether it may sign in.`,
  ],
  ["3D000", (name, database) => `${name} has no database ${database}. Correct the name in the rotator's settings.`],
  ["25006", standbySentence],
  ["55P03", (name) => `At ${name}, another session holds this login. Look at its pg_stat_activity, then rotate again.`],
  ["53300", (name) => `${name} has no connection left for this login. Look at its limits, then rotate again.`],
]);
