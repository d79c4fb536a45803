import "server-only";
import type { EventView } from "#lib/audit/schema.ts";
import { countNeedingAttention, countsOf, thingsIn } from "#lib/findings/count.ts";
import { find } from "#lib/findings/find.ts";
import { mostPressing } from "#lib/findings/page.ts";
import type { Finding } from "#lib/findings/schema.ts";
import type { NodeObject } from "#lib/swarm/schema.ts";
import { counted } from "#lib/words.ts";
import { findingInput } from "./finding-input.ts";
import type { Joined } from "./joined.ts";
import type { FindingCounts, FrameView, OverviewView } from "./schema.ts";

export function overviewOf(joined: Joined, latest: EventView[]): OverviewView {
  const { snapshot, known, proposals } = joined;
  const all = find(findingInput(joined));
  const findings = mostPressing(all);
  const services = [...snapshot.services.values()];
  return {
    ...findingCounts(all),
    findings,
    isCut: findings.length < all.length,
    swarmSentence: swarmSentence(joined),
    counts: {
      secrets: managedCount(joined) + proposals.length,
      unmanaged: proposals.length,
      services: services.length,
      servicesWithSecrets: services.filter(({ references }) => references.length > 0).length,
    },
    latest,
    operations: known.operations.slice(0, 10).map(({ secretIds: _, ...row }) => row),
  };
}

export function findingCounts(findings: readonly Finding[]): FindingCounts {
  const needAttention = countNeedingAttention(findings);
  return { needAttention, notes: thingsIn(findings) - needAttention, kinds: countsOf(findings) };
}

export function frameOf(joined: Joined, isSandbox: boolean): Omit<FrameView, "revision"> {
  const { snapshot, known, proposals } = joined;
  const managers = managersOf(joined).length;
  const findings = find(findingInput(joined));
  return {
    swarm: {
      name: nameOf(known.swarmName ?? snapshot.cluster?.name ?? null, isSandbox),
      clusterId: snapshot.cluster?.id ?? null,
      managers,
      workers: snapshot.nodes.size - managers,
      nodesDown: nodesDown(joined),
      isSandbox,
    },
    connection: snapshot.connection,
    asOf: snapshot.asOf,
    readOnlyReason: known.readOnlyReason,
    isAutomationPaused: known.isAutomationPaused,
    counts: {
      secrets: managedCount(joined) + proposals.length,
      services: snapshot.services.size,
      openOperations: known.operations.filter(({ state }) => state !== "ended").length,
      needAttention: countNeedingAttention(findings),
    },
  };
}

/** Docker calls every Swarm "default" until somebody gives it a name: that tells nobody which one it is. */
function nameOf(given: string | null, isSandbox: boolean): string {
  if (given !== null && given !== "default") return given;
  return isSandbox ? "Sandbox" : "Swarm";
}

/** "The Swarm is well: 3 of 3 managers, quorum holds with one lost, autolock on." */
function swarmSentence(joined: Joined): string {
  const { connection, cluster } = joined.snapshot;
  if (connection.state === "connecting") return "Asking the Swarm for the first time.";
  if (connection.state === "lost") return "This is what was known last.";
  const managers = managersOf(joined);
  const reachable = managers.filter(({ isReachable }) => isReachable).length;
  const down = nodesDown(joined);
  const well = reachable === managers.length && down === 0 ? "The Swarm is well" : "The Swarm is not quite well";
  const nodes = down > 0 ? `, ${counted(down, "node")} down` : "";
  const lock = `autolock ${cluster?.isAutolocked ? "on" : "off"}`;
  return `${well}: ${managersText(managers.length, reachable)}, ${lock}${nodes}.`;
}

function managersText(managers: number, reachable: number): string {
  if (managers === 1) return "its one manager answers";
  const spare = reachable - (Math.floor(managers / 2) + 1);
  const quorum =
    spare > 0 ? `quorum holds with ${spare === 1 ? "one" : spare} lost` : "one manager more, and quorum is lost";
  return `${reachable} of ${managers} managers, ${quorum}`;
}

function nodesDown({ snapshot }: Joined): number {
  return [...snapshot.nodes.values()].filter(({ state }) => state === "down").length;
}

function managersOf({ snapshot }: Joined): NodeObject[] {
  return [...snapshot.nodes.values()].filter(({ role }) => role === "manager");
}

function managedCount({ known }: Joined): number {
  return known.records.filter(({ removedAt }) => removedAt === null).length;
}
