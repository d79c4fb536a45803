import "server-only";
import { database } from "#lib/db/client.ts";
import { isAppError } from "#lib/errors.ts";
import type { Ports } from "#lib/operations/ports.ts";
import { decide } from "#lib/policy/permit.ts";
import type { BindingMode } from "#lib/settings/schema.ts";
import type { Source } from "#lib/sources/contract.ts";
import type { Take } from "#lib/sources/schema.ts";
import { rotateFromSource } from "./from-source.ts";

/** A binding as the round has claimed it. */
export type DueBinding = {
  secretId: string;
  path: string;
  take: Take;
  mode: BindingMode;
  boundBy: string;
  newestId: string | null;
  newestState: string | null;
  /** The version there that the Swarm has; null where nobody knows. */
  currentId: string | null;
};

export type Looked = {
  newestId: string | null;
  newestState: "there" | "deleted" | null;
  /** Why nothing was begun although the source has something else; null where that is as it should be. */
  because: { code: string; sentence: string } | null;
  startedOperationId: string | null;
};

/**
 * Asks the source what there is now, and begins a rotation where the Swarm has another version. It goes by what holds,
 * not by what was heard: what was missed while either side was down is found by the next look. Fails as the source does.
 */
export async function lookAtBinding(
  binding: DueBinding,
  source: Pick<Source, "versions" | "read">,
  ports: Ports,
): Promise<Looked> {
  const found = await source.versions(binding.path, binding.newestId);
  const last = found.at(-1);
  const newestId = last?.state === "there" ? last.id : binding.newestId;
  // Nothing new: what was there is there, also where it was deleted once and somebody took that back.
  const newestState = last?.state ?? (newestId === null ? null : "there");
  const looked: Looked = { newestId, newestState, because: null, startedOperationId: null };
  if (newestState === "deleted") return { ...looked, because: deleted };
  if (newestId === null || newestId === binding.currentId || binding.mode === "after-yes") return looked;
  if (!(await isWanted(binding.secretId, newestId)) || (await ports.store.isAutomationPaused())) return looked;
  const { value } = await source.read(binding.path, binding.take, newestId);
  value.forget();
  return begin(binding, newestId, looked, ports);
}

/** At the source only: what the Swarm has goes when a person retires it. */
const deleted = {
  code: "source-not-found",
  sentence: "It was deleted at the source. The Swarm keeps what it has; unbind the secret, or restore it there.",
};

async function begin(
  { secretId, boundBy }: DueBinding,
  newestId: string,
  looked: Looked,
  ports: Ports,
): Promise<Looked> {
  const permit = decide({ type: "schedule", setBy: boundBy }, "secret.rotate", { secretIds: [secretId] });
  if (!permit) return looked;
  try {
    const { id } = await rotateFromSource(permit, newestId, { ports });
    return { ...looked, startedOperationId: id };
  } catch (error) {
    // Somebody else's operation, or a service that is busy: another look comes.
    if (!isAppError(error, "busy") && !isAppError(error, "plan-changed")) throw error;
    return { ...looked, because: { code: error.code, sentence: error.publicMessage } };
  }
}

/**
 * Whether the Swarm should get this version by itself: it has another one, nothing is under way, and this one was not
 * tried before. What was undone once would be undone again; a person may rotate to it all the same.
 */
async function isWanted(secretId: string, sourceVersionId: string): Promise<boolean> {
  const [tried, open] = await Promise.all([
    database().version.count({ where: { secretId, sourceVersionId } }),
    database().operationSecret.count({ where: { secretId, isOpen: true } }),
  ]);
  return tried === 0 && open === 0;
}
