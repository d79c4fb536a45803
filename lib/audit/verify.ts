import "server-only";
import { transaction } from "#lib/db/transaction.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { appendOfNoSwarm } from "./append.ts";
import { readChainState } from "./chain-state.ts";
import type { ChainState } from "./schema.ts";

/** Walks the whole history, from its first event, and writes down that it was done and what came out. */
export async function verifyHistory(permit: Permit<"audit.verify">): Promise<ChainState> {
  const state = await readChainState({ isWhole: true });
  const upTo = state.state === "empty" ? 0 : state.state === "broken" ? Math.max(0, state.sequence - 1) : state.upTo;
  const detail = { type: "audit.verified", upTo, isConsistent: state.state !== "broken" } as const;
  await transaction((tx) => appendOfNoSwarm(tx, permit.actor, detail));
  return state;
}
