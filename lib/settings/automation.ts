import "server-only";
import { z } from "zod";
import { appendOfNoSwarm } from "#lib/audit/append.ts";
import type { EventDetail } from "#lib/audit/schema.ts";
import { database } from "#lib/db/client.ts";
import { takeLock } from "#lib/db/lock.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { AutomationView } from "./schema.ts";

const key = "automation";

/** Asked by whoever is about to start something that no person asked for just now. */
export async function isAutomationPaused(): Promise<boolean> {
  return (await readIn(database())).isPaused;
}

export async function readAutomation(): Promise<AutomationView> {
  return readIn(database());
}

/** Nothing starts by itself from now on. What a person started, and what is under way, goes on. */
export async function pauseAutomation(permit: Permit<"automation.pause">, reason: string | null): Promise<void> {
  await turn(permit, { isPaused: true, reason }, { type: "automation.paused", reason });
}

export async function resumeAutomation(permit: Permit<"automation.pause">): Promise<void> {
  await turn(permit, { isPaused: false, reason: null }, { type: "automation.resumed" });
}

/** If the switch stands there already, nothing changes: the earlier name and reason stay. */
async function turn(
  { actor }: Permit<"automation.pause">,
  to: Pick<AutomationView, "isPaused" | "reason">,
  detail: EventDetail,
): Promise<void> {
  await transaction(async (tx) => {
    await takeLock(tx, `setting:${key}`);
    if ((await readIn(tx)).isPaused === to.isPaused) return;
    const value = { ...to, changedBy: actor.type === "person" ? actor.name : null };
    const changedAt = new Date();
    await tx.setting.upsert({ where: { key }, create: { key, value, changedAt }, update: { value, changedAt } });
    await appendOfNoSwarm(tx, actor, detail);
  });
}

async function readIn(tx: Transaction): Promise<AutomationView> {
  const row = await tx.setting.findUnique({ where: { key } });
  const value = stored.safeParse(row?.value).data;
  return {
    isPaused: value?.isPaused ?? false,
    reason: value?.reason ?? null,
    changedBy: value?.changedBy ?? null,
    changedAt: value ? (row?.changedAt.toISOString() ?? null) : null,
  };
}

const stored = z.object({
  isPaused: z.boolean(),
  reason: z.string().nullish(),
  changedBy: z.string().nullish(),
});
