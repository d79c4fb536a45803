import "server-only";
import { latestEvents } from "#lib/audit/queries.ts";
import { oncePerRequest } from "#lib/auth/once-per-request.ts";
import { configuration } from "#lib/env.ts";
import { find } from "#lib/findings/find.ts";
import { findingsFor } from "#lib/findings/for-reader.ts";
import { pageOf } from "#lib/findings/page.ts";
import type { FindingRule } from "#lib/findings/schema.ts";
import type { PageStart } from "#lib/operations/queries.ts";
import { allowed } from "#lib/policy/rules.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { needsAttention } from "#lib/secrets/schema.ts";
import { readBinding } from "./binding.ts";
import { findingInput } from "./finding-input.ts";
import { historyOfObject, historyOfSecret, historyOfService } from "./history.ts";
import { derived, readJoined } from "./memo.ts";
import { findingCounts, frameOf, overviewOf } from "./overview.ts";
import { currentRevision } from "./revision.ts";
import { secretRows } from "./rows.ts";
import type {
  FindingsView,
  FrameView,
  MemberView,
  OverviewView,
  SecretsView,
  SecretView,
  ServiceRow,
  ServiceView,
} from "./schema.ts";
import { isChangeable, managedSecret, memberViews, unmanagedSecret } from "./secret.ts";
import { serviceRows, serviceView } from "./services.ts";

/** One look for all parts of a page: they agree with each other, and none is older than the page's revision. */
const look = oncePerRequest(async () => {
  const revision = currentRevision();
  return { revision, joined: await readJoined() };
});

/** What every page shows around itself. */
export async function frame(_actor: Actor): Promise<FrameView> {
  const { revision, joined } = await look();
  const known = derived("frame", [joined.snapshot, joined.known], () => frameOf(joined, configuration().isSandbox));
  return { ...known, revision };
}

export async function overview(actor: Actor): Promise<OverviewView> {
  const [{ joined }, latest] = await Promise.all([look(), latestEvents(8)]);
  const view = derived("overview", [joined.snapshot, joined.known], () => overviewOf(joined, []));
  return { ...view, findings: findingsFor(actor, view.findings), latest };
}

/** All that should be mended, or all of one rule, page by page; counted are all, whichever are asked for. */
export async function listFindings(
  actor: Actor,
  { rule, ...start }: PageStart & { rule?: FindingRule | undefined },
): Promise<FindingsView> {
  const { joined } = await look();
  const all = derived("findings", [joined.snapshot, joined.known], () => find(findingInput(joined)));
  const page = pageOf(rule === undefined ? all : all.filter((finding) => finding.rule === rule), start);
  return { ...findingCounts(all), ...page, rows: findingsFor(actor, page.rows) };
}

export async function listSecrets(actor: Actor): Promise<SecretsView> {
  const { joined } = await look();
  const { secrets, services, stalled, asOf } = joined.snapshot;
  const shared = derived("secrets", [secrets, services, stalled, asOf === null, joined.known], () => {
    const rows = secretRows(joined);
    return { rows, unmanaged: joined.proposals.length, needAttention: rows.filter(needsAttention).length };
  });
  const asked = { "secret.create": {}, "secret.adopt": { objectIds: [] }, "secret.rotate": { secretIds: [""] } };
  return { ...shared, can: isChangeable(joined) ? allowed(actor, asked) : [] };
}

/** By Skep's ID of a secret, or by the ID of any object: an unmanaged one, or a version of a managed one. */
export async function findSecret(actor: Actor, key: string): Promise<SecretView | null> {
  const { joined } = await look();
  const record = joined.recordsById.get(key) ?? joined.owners.get(key)?.record;
  if (record) {
    const [history, binding] = await Promise.all([
      historyOfSecret(actor, record, joined.snapshot),
      readBinding(actor, record.id),
    ]);
    return { ...managedSecret(joined, actor, record, history), binding };
  }
  const proposal = joined.proposalOf.get(key);
  if (!proposal) return null;
  const history = await historyOfObject(actor, proposal.versions[0]?.objectName ?? proposal.name);
  return unmanagedSecret(joined, actor, proposal, history);
}

/** Secrets that are to be rotated together, by Skep's IDs. */
export async function findMembers(_actor: Actor, secretIds: readonly string[]): Promise<Map<string, MemberView>> {
  return memberViews((await look()).joined, secretIds);
}

export async function listServices(_actor: Actor): Promise<ServiceRow[]> {
  const { joined } = await look();
  const { secrets, services, tasksByService, stalled } = joined.snapshot;
  return derived("services", [secrets, services, tasksByService, stalled, joined.known], () => serviceRows(joined));
}

export async function findService(actor: Actor, id: string): Promise<ServiceView | null> {
  const { joined } = await look();
  const service = joined.snapshot.services.get(id);
  return service ? serviceView(joined, actor, service, await historyOfService(actor, id)) : null;
}
