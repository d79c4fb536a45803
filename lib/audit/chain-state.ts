import "server-only";
import { oncePerProcess, systemClock } from "#lib/clock.ts";
import { type Database, database } from "#lib/db/client.ts";
import { configuration } from "#lib/env.ts";
import { type ChainPlace, type ChainReport, chainStart, walkChain } from "./chain.ts";
import type { ChainState } from "./schema.ts";

type Memory = { url: string; reached: ChainPlace; walk: Promise<ChainReport> | null };

/**
 * The state of the chain as pages show it. Walks what has come since the last time only;
 * `isWhole` begins at the first event again, which is what finds changes far back.
 */
export async function readChainState(options: { isWhole?: boolean } = {}): Promise<ChainState> {
  const memory = memoryOfChain();
  if (options.isWhole) memory.reached = chainStart;
  const report = await walkOnce(memory, options.isWhole === true);
  const at = systemClock.now().toISOString();
  if (report.fault) return { state: "broken", ...report.fault, at };
  const upTo = report.reached.sequence;
  const missing = await missingProtection(database());
  if (missing) return { state: "unprotected", missing, upTo, at };
  return upTo === 0 ? { state: "empty" } : { state: "consistent", upTo, at };
}

/** Several pages at once share one walk; a whole one never takes over a short one. */
async function walkOnce(memory: Memory, isWhole: boolean): Promise<ChainReport> {
  if (memory.walk && !isWhole) return memory.walk;
  const walk = walkChain({ from: memory.reached });
  memory.walk = walk;
  try {
    const report = await walk;
    memory.reached = report.reached;
    return report;
  } finally {
    if (memory.walk === walk) memory.walk = null;
  }
}

function memoryOfChain(): Memory {
  const url = configuration().databaseUrl;
  const holder = oncePerProcess("audit-chain", () => ({ memory: { url, reached: chainStart, walk: null } as Memory }));
  if (holder.memory.url !== url) holder.memory = { url, reached: chainStart, walk: null };
  return holder.memory;
}

const triggers = ["skep_audit_keep", "skep_audit_keep_all", "skep_audit_receive", "skep_audit_seal"];

type Protection = { owns: boolean; may_change: boolean; is_superuser: boolean; active: string[] };

/** What the history lacks of the protection that design asks for, as the end of a sentence; null when nothing. */
export async function missingProtection(source: Database): Promise<string | null> {
  const [found] = await source.$queryRaw<Protection[]>`
    SELECT pg_has_role(current_user, c.relowner, 'USAGE') AS owns,
      has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')
        OR has_any_column_privilege(c.oid, 'UPDATE') OR has_column_privilege(c.oid, 'sequence', 'INSERT') AS may_change,
      (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
      ARRAY(SELECT tgname::text FROM pg_trigger WHERE tgrelid = c.oid AND tgenabled = 'A' AND NOT tgisinternal) AS active
    FROM pg_class c WHERE c.oid = '"AuditEvent"'::regclass`;
  if (!found) return "the table of the history";
  const inactive = triggers.filter((name) => !found.active.includes(name));
  if (inactive.length > 0) return `the trigger ${inactive.join(" and ")}: somebody switched it off`;
  if (found.is_superuser) return "a role without superuser rights for the application";
  if (found.owns) return "a second database role: the application owns the history and could switch off its protection";
  return found.may_change ? "a narrower role: the application may change the history's rows" : null;
}
