import "server-only";
import { AppError } from "#lib/errors.ts";
import {
  type RotatorKind,
  type RotatorSettings,
  rotatorKindNames,
  rotatorKinds,
  rotatorSettings,
} from "#lib/rotators/schema.ts";
import { someOf } from "#lib/words.ts";

/** Where a rotator is and whose passwords it sets, in one line, for the history and the list. */
export function rotatorText(settings: RotatorSettings): string {
  const { logins } = settings;
  const whose = logins.length === 0 ? "no logins" : `for ${someOf(logins)}`;
  switch (settings.kind) {
    case "postgresql": {
      const { host, port, database, user, usesTls } = settings;
      const place = `${host.includes(":") ? `[${host}]` : host}:${port}`;
      return `${rotatorKindNames.postgresql} at ${place}, database ${database}, as ${user}${usesTls ? "" : " without TLS"}, ${whose}`;
    }
    case "http":
      return `${rotatorKindNames.http} at ${settings.address}, ${whose}${settings.keepsOld ? ", keeps the old value" : ""}`;
  }
}

/** In one line, also of settings that none understands. */
export function storedRotatorText(stored: unknown): string {
  const parsed = rotatorSettings.safeParse(stored);
  return parsed.success ? rotatorText(parsed.data) : "settings that Skep does not understand";
}

/** The one thing that can be known of settings that none understands; null where not even that is. */
export function storedRotatorKind(stored: unknown): RotatorKind | null {
  const { kind } = (stored ?? {}) as { kind?: unknown };
  return rotatorKinds.find((known) => known === kind) ?? null;
}

/** Settings that an older Skep wrote are completed; such that none understands are not guessed at. */
export function rotatorSettingsOf(name: string, stored: unknown): RotatorSettings {
  const parsed = rotatorSettings.safeParse(stored);
  if (parsed.success) return parsed.data;
  throw new AppError(
    "invalid-input",
    `The settings of ${name} are not complete. Enter them again in Settings, Rotators.`,
  );
}
