import "server-only";
import { z } from "zod";
import { appendOfNoSwarm } from "#lib/audit/append.ts";
import { database } from "#lib/db/client.ts";
import { takeLock } from "#lib/db/lock.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { defaultNames, defaultWords } from "./default-words.ts";
import { type Defaults, orders, usualDefaults } from "./schema.ts";

const key = "defaults";

/** What a new secret begins with. */
export async function readDefaults(): Promise<Defaults> {
  return readIn(database());
}

/** Changes what new secrets begin with; those that are there keep what they have. One event per thing that changed. */
export async function changeDefaults(permit: Permit<"setting.edit">, wanted: Defaults): Promise<void> {
  await transaction(async (tx) => {
    await takeLock(tx, `setting:${key}`);
    const before = await readIn(tx);
    const changed = (Object.keys(usualDefaults) as (keyof Defaults)[]).filter((name) => before[name] !== wanted[name]);
    if (changed.length === 0) return;
    await tx.setting.upsert({
      where: { key },
      create: { key, value: wanted },
      update: { value: wanted, changedAt: new Date() },
    });
    for (const name of changed) {
      const detail = {
        type: "setting.changed",
        name: defaultNames[name],
        before: defaultWords(before)[name],
        after: defaultWords(wanted)[name],
      } as const;
      await appendOfNoSwarm(tx, permit.actor, detail);
    }
  });
}

/** A row that an older or newer Skep wrote otherwise counts as not written. */
async function readIn(tx: Transaction): Promise<Defaults> {
  const row = await tx.setting.findUnique({ where: { key } });
  return { ...usualDefaults, ...stored.safeParse(row?.value).data };
}

const stored = z.object({
  order: z.enum(orders).catch(usualDefaults.order),
  soakSeconds: z.number().int().nonnegative().nullable().catch(usualDefaults.soakSeconds),
  keepSeconds: z.number().int().nonnegative().catch(usualDefaults.keepSeconds),
});
