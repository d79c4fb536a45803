import "server-only";
import type { SwarmSnapshot, VolumeObject } from "#lib/swarm/schema.ts";
import { isOnlyReleaseMissing } from "./gate.ts";
import { askGate, type SwarmReading } from "./gate-facts.ts";
import type { GateReason } from "./gate-reason.ts";
import type { Ports } from "./ports.ts";
import type { Plan } from "./schema.ts";
import type { KnownVersion } from "./store-port.ts";

type Known = KnownVersion & { objectId: string };

/** A version whose time is over, with what keeps it all the same. */
export type DueVersion = { version: KnownVersion; heldBy: GateReason[]; mayGo: boolean };

/**
 * Versions whose keep time is over, and whether the gate would let them go now. This is a first look, by what is
 * remembered of the Swarm; the operation that it starts asks the Swarm itself.
 */
export async function dueVersions(
  ports: Pick<Ports, "store" | "clock">,
  clusterId: string,
  { snapshot, volumes }: { snapshot: SwarmSnapshot; volumes: () => Promise<VolumeObject[]> },
): Promise<DueVersion[]> {
  const found = await ports.store.findRetiring(clusterId);
  const due = found.filter((version): version is Known => version.objectId !== null);
  if (due.length === 0) return [];
  const reading: SwarmReading = {
    services: [...snapshot.services.values()],
    tasks: [...snapshot.tasksByService.values()].flat(),
    nodes: [...snapshot.nodes.values()],
    volumes: await volumes(),
  };
  // Postgres said that the time is over: its clock and this one may differ by a moment.
  const questions = due.map((version) => {
    return { version: { ...version, retireAfter: null }, isStackConfirmed: version.isStackConfirmed };
  });
  const answers = await askGate(ports, { clusterId, reading, now: ports.clock.now() }, questions);
  return due.map((version, index) => {
    const heldBy = answers[index] ?? [];
    return { version, heldBy, mayGo: heldBy.length === 0 || isOnlyReleaseMissing(heldBy) };
  });
}

/** What the schedule does with versions of one secret whose time is over. */
export function retirementPlan(clusterId: string, versions: readonly KnownVersion[]): Plan {
  const [first] = versions;
  const number = versions.length === 1 ? (first?.number ?? null) : null;
  return {
    kind: "retire",
    clusterId,
    create: [],
    changes: [],
    record: [],
    warnings: [],
    secrets: first
      ? [{ secretId: first.secretId, secretName: first.secretName, fromVersion: number, toVersion: null }]
      : [],
    retire: versions.map(({ secretId, secretName, versionId, objectId, objectName, isStackConfirmed }) => ({
      secretId,
      secretName,
      versionId,
      objectName,
      keepSeconds: 0,
      isStackConfirmed,
      objectId: objectId ?? "",
    })),
    order: "together",
    canaryServiceId: null,
    atMost: null,
    oldValueStaysValid: true,
    reason: null,
  };
}
