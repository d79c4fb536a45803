import "server-only";
import { type Clock, oncePerProcess, systemClock } from "#lib/clock.ts";
import { type Database, database } from "#lib/db/client.ts";
import { configuration } from "#lib/env.ts";
import { type ChainPlace, type ChainReport, chainStart, checkPlace, walkChain } from "./chain.ts";
import type { ChainState } from "./schema.ts";

type Memory = {
  url: string;
  /** As far as the chain was walked and found right: the next walk goes on from here. */
  reached: ChainPlace;
  walk: Promise<ChainReport> | null;
  walkedWholeAt: Date | null;
};

/**
 * The state of the chain as pages show it. Walks what has come since the last time only;
 * `isWhole` begins at the first event again, which is what finds changes far back.
 */
export async function readChainState({ isWhole = false, clock = systemClock } = {}): Promise<ChainState> {
  const memory = memoryOfChain();
  const report = await (isWhole ? walkWhole(memory, clock) : walkOn(memory));
  const at = clock.now().toISOString();
  if (report.fault) return { state: "broken", ...report.fault, at };
  const upTo = report.reached.sequence;
  const walked = { upTo, at, walkedWholeAt: memory.walkedWholeAt?.toISOString() ?? null };
  const missing = await missingProtection(database());
  if (missing) return { state: "unprotected", missing, ...walked };
  return upTo === 0 ? { state: "empty" } : { state: "consistent", ...walked };
}

/** Several pages at once share one walk. */
async function walkOn(memory: Memory): Promise<ChainReport> {
  const from = memory.reached;
  memory.walk ??= walkChain({ from });
  const { walk } = memory;
  try {
    const report = await walk;
    // Where a whole walk has found a fault meanwhile, the place before it is kept, so that the next page finds it too.
    if (memory.reached === from) memory.reached = report.reached;
    return report;
  } finally {
    if (memory.walk === walk) memory.walk = null;
  }
}

/** A walk of its own: it does not hold up those of pages, and is not shared, because its answer must be newer than the question. */
async function walkWhole(memory: Memory, clock: Clock): Promise<ChainReport> {
  const report = await walkChain();
  if (report.fault) {
    memory.reached = report.reached;
    return report;
  }
  // A chain without its end has no fault in itself, so the last event that this process has seen is looked for.
  report.fault = await checkPlace(database(), memory.reached);
  if (report.fault) return report;
  memory.walkedWholeAt = clock.now();
  if (report.reached.sequence > memory.reached.sequence) memory.reached = report.reached;
  return report;
}

function memoryOfChain(): Memory {
  const url = configuration().databaseUrl;
  const holder = oncePerProcess("audit-chain", () => ({ memory: newMemory(url) }));
  if (holder.memory.url !== url) holder.memory = newMemory(url);
  return holder.memory;
}

function newMemory(url: string): Memory {
  return { url, reached: chainStart, walk: null, walkedWholeAt: null };
}

const triggers = ["skep_audit_keep", "skep_audit_keep_all", "skep_audit_receive", "skep_audit_seal"];

type Protection = { owns: boolean; may_change: boolean; is_superuser: boolean; active: string[] };

/** Which protection of the history this database lacks, as the end of a sentence; null when none. */
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
