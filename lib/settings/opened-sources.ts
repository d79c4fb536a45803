import "server-only";
import { hkdfSync } from "node:crypto";
import { oncePerProcess, systemClock } from "#lib/clock.ts";
import { database } from "#lib/db/client.ts";
import { configuration } from "#lib/env.ts";
import { AppError } from "#lib/errors.ts";
import { logOf } from "#lib/log.ts";
import type { Source } from "#lib/sources/contract.ts";
import { readCredential } from "#lib/sources/credential.ts";
import { type KeptOpen, keepOpen } from "#lib/sources/kept-open.ts";
import { openSource } from "#lib/sources/open.ts";
import { type SourceKind, type SourceSettings, sourceKinds, sourceSettings } from "#lib/sources/schema.ts";
import { type Seal, sealWith } from "#lib/sources/sealed-ids.ts";
import { sourceText } from "./source-text.ts";

/** The source as its settings are now. `not-found` where it was removed. */
export async function openedSource(id: string): Promise<Source> {
  const row = await database().source.findUnique({ where: { id } });
  if (!row) {
    kept().forget(id);
    throw new AppError("not-found", "The source of this secret was removed. Bind the secret to another one.");
  }
  const { name, settings, changedAt } = row;
  return kept().get(id, changedAt.getTime(), async () => openByName(name, settingsOf(name, settings)));
}

/** Gives up every login and connection. */
export async function closeSources(): Promise<void> {
  await kept().close();
}

/** As the product opens a source: the ids that it keeps say nothing of a value to whoever has only Postgres. */
export function openByName(name: string, settings: SourceSettings): Promise<Source> {
  const surroundings = { name, credential: readCredential, now: () => systemClock.now() };
  return openSource(settings, surroundings, { seal: seal() });
}

/** In one line, also of settings that none understands. */
export function storedText(stored: unknown): string {
  const parsed = sourceSettings.safeParse(stored);
  return parsed.success ? sourceText(parsed.data) : "settings that Skep does not understand";
}

/** The one thing that can be known of settings that none understands; null where not even that is. */
export function storedKind(stored: unknown): SourceKind | null {
  const { kind } = (stored ?? {}) as { kind?: unknown };
  return sourceKinds.find((known) => known === kind) ?? null;
}

function seal(): Seal {
  return sealWith(Buffer.from(hkdfSync("sha256", configuration().sessionSecret, "", "skep.source.tag.v1", 32)));
}

/** Settings that an older Skep wrote are completed; such that none understands are not guessed at. */
export function settingsOf(name: string, stored: unknown): SourceSettings {
  const parsed = sourceSettings.safeParse(stored);
  if (parsed.success) return parsed.data;
  throw new AppError(
    "invalid-input",
    `The settings of ${name} are not complete. Enter them again in Settings, Sources.`,
  );
}

function kept(): KeptOpen {
  return oncePerProcess("sources", () =>
    keepOpen((sourceId, error) => logOf("settings").warn("source.not-closed", { sourceId }, error)),
  );
}
