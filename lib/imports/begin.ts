import "server-only";
import { readFacts } from "#lib/grants/facts.ts";
import { confirmPlan, shownPlan } from "#lib/grants/shown.ts";
import type { Ports } from "#lib/operations/ports.ts";
import { startOperation } from "#lib/operations/start.ts";
import { createPlanOf } from "#lib/secrets/create.ts";
import { sameName } from "#lib/secrets/names.ts";
import { createInput } from "#lib/secrets/schema.ts";
import type { Source } from "#lib/sources/contract.ts";
import { SourceFailure } from "#lib/sources/failure.ts";
import { importerNow } from "./starter.ts";
import type { ClaimedItem } from "./store.ts";

/**
 * Begins the operation that makes one secret. Its source is asked first, so that what gives no value needs no
 * operation. The operation and the claim on the item are one commit: whoever was overtaken begins nothing. Fails as
 * the source does, or the Swarm, and with `name-taken` where somebody was faster.
 */
export async function beginItem(
  item: ClaimedItem,
  source: Pick<Source, "versions" | "read">,
  ports: Ports,
): Promise<void> {
  const { path, take, name, sourceId, sourceName, oldStaysValid } = item;
  const { create: permit } = await importerNow(item.actor, ports.store);
  const newest = (await source.versions(path, null)).at(-1);
  if (newest?.state === "deleted") throw new SourceFailure("not-found", sourceName);
  const { versionId, value } = await source.read(path, take, newest?.id ?? null);
  value.forget();
  const facts = await readFacts(sameName(name), ports.swarm);
  const plain = createInput.parse({ name, source: "generated", oldStaysValid });
  const at = { from: "source", bindingId: null, sourceId, sourceName, path, take, sourceVersionId: versionId } as const;
  const plan = createPlanOf(facts, { ...plain, source: "source", at }, { mayCross: false });
  const confirmed = confirmPlan(facts, plan, shownPlan(facts, plan).fingerprint);
  const claim = { record: "import-begun", itemId: item.id, token: item.token } as const;
  await startOperation(permit, confirmed, { ports, id: item.operationId, records: [claim] });
}
