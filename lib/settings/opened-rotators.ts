import "server-only";
import { systemClock } from "#lib/clock.ts";
import { database } from "#lib/db/client.ts";
import { AppError } from "#lib/errors.ts";
import type { Rotator } from "#lib/rotators/contract.ts";
import { openRotator } from "#lib/rotators/open.ts";
import type { RotatorSettings } from "#lib/rotators/schema.ts";
import { readCredential } from "#lib/sources/credential.ts";
import { rotatorSettingsOf } from "./rotator-text.ts";

/** The rotator as its settings are now; whoever opens it closes it. `not-found` where it was removed. */
export async function openedRotator(id: string): Promise<Rotator> {
  const row = await database().rotator.findUnique({ where: { id } });
  if (!row)
    throw new AppError("not-found", "The rotator of this secret was removed. Attach the secret to another one.");
  return openRotatorByName(row.name, rotatorSettingsOf(row.name, row.settings));
}

/** As the product opens a rotator. */
export function openRotatorByName(name: string, settings: RotatorSettings): Promise<Rotator> {
  return openRotator(settings, { name, credential: readCredential, now: () => systemClock.now() });
}

/** Opens it for this one piece of work, and gives up its connections whatever comes of that. */
export async function withRotator<T>(id: string, work: (rotator: Rotator) => Promise<T>): Promise<T> {
  const rotator = await openedRotator(id);
  try {
    return await work(rotator);
  } finally {
    await rotator.close();
  }
}
