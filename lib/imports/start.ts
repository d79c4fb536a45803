import "server-only";
import { randomUUID } from "node:crypto";
import { eventActor } from "#lib/audit/actor.ts";
import { appendAudit } from "#lib/audit/append.ts";
import { takeLock } from "#lib/db/lock.ts";
import { transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { counted, someOf } from "#lib/words.ts";
import { namesUnderWay, planned } from "./plan.ts";
import { takeOf } from "./rows.ts";
import type { ShownItem, StartInput } from "./schema.ts";

/**
 * Writes down what is to be imported, and who wants it. The plan is made again: where one row is not as it was shown,
 * nothing is begun. The source is asked and the Swarm changed by the job alone, item by item.
 */
export async function startImport(permit: Permit<"secret.import">, input: StartInput): Promise<{ id: string }> {
  const { sourceId, items, mode, oldStaysValid } = input;
  if (items.length === 0) throw new AppError("invalid-input", "Choose what is to be imported.", { field: "items" });
  const { clusterId, rows } = await planned(input);
  refuseProblems(rows);
  const id = randomUUID();
  const actor = { ...permit.actor };
  await transaction(async (tx) => {
    // In the order of their names: nobody removes the source meanwhile, and the same form sent twice is done once.
    await takeLock(tx, `imports:${clusterId}`);
    await takeLock(tx, `source:${sourceId}`);
    const source = await tx.source.findUnique({ where: { id: sourceId }, select: { id: true, name: true } });
    if (!source) throw new AppError("not-found", "There is no such source any more. Choose another one.");
    const others = await namesUnderWay(
      tx,
      clusterId,
      rows.map(({ name }) => name),
    );
    if (others.length > 0) throw changed(`Another import makes ${someOf(others)} just now.`);
    const startedBy = actor.type === "person" ? actor.name : "Skep";
    await tx.import.create({
      data: { id, clusterId, sourceId, sourceName: source.name, mode, oldStaysValid, startedBy },
    });
    await tx.importItem.createMany({
      data: items.map((item, position) => {
        const { path, name } = item;
        return { id: randomUUID(), importId: id, position, path, name, take: takeOf(item), actor };
      }),
    });
    await appendAudit(tx, {
      actor: eventActor(permit.actor),
      clusterId,
      operationId: null,
      detail: { type: "import.started", importId: id, source, count: items.length, mode },
    });
  });
  return { id };
}

function refuseProblems(rows: readonly ShownItem[]): void {
  const wrong = rows.filter(({ problem }) => problem !== null);
  const [first] = wrong;
  if (!first) return;
  const more = wrong.length > 1 ? ` So it is with ${counted(wrong.length - 1, "other")}.` : "";
  throw changed(`${first.name}: ${first.problem}${more}`);
}

function changed(sentence: string): AppError {
  return new AppError("plan-changed", `${sentence} Nothing was begun. Look at the list again.`);
}
