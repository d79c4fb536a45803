import "server-only";
import { type Repeating, repeating } from "#lib/clock/repeating.ts";
import { isAppError } from "#lib/errors.ts";
import { logOf } from "#lib/log.ts";
import type { Ports } from "#lib/operations/ports.ts";
import { type DueVersion, dueVersions, retirementPlan } from "#lib/operations/retirement.ts";
import { startOperation } from "#lib/operations/start.ts";
import { decide } from "#lib/policy/permit.ts";
import type { SwarmSnapshot } from "#lib/swarm/schema.ts";

export type SweepOptions = { ports: Ports; snapshot: () => SwarmSnapshot };

/** What the gate refused when asked afresh is not asked for again at once. */
const pauseSeconds = 600;

/** Starts the removal of versions whose keep time is over and which nothing can need, unless automatic work is paused. */
export function startSweep({ ports, snapshot }: SweepOptions): Repeating {
  const log = logOf("jobs");
  const tried = new Map<string, number>();

  async function sweep(isStopped: () => boolean): Promise<void> {
    const now = snapshot();
    if (now.connection.state !== "connected" || now.asOf === null || now.cluster === null) return;
    if (await ports.store.isAutomationPaused()) return;
    const { id: clusterId } = now.cluster;
    const due = await dueVersions(ports, clusterId, { snapshot: now, volumes: () => ports.swarm.listVolumes() });
    const ready = due.filter(({ version, mayGo }) => mayGo && !isPausing(version.versionId));
    for (const versions of Map.groupBy(ready, ({ version }) => version.secretId).values()) {
      if (isStopped()) return;
      await retire(clusterId, versions);
    }
  }

  function isPausing(versionId: string): boolean {
    const at = tried.get(versionId);
    return at !== undefined && ports.clock.now().getTime() - at < pauseSeconds * 1000;
  }

  async function retire(clusterId: string, versions: DueVersion[]): Promise<void> {
    const [first] = versions;
    if (!first) return;
    for (const { version } of versions) tried.set(version.versionId, ports.clock.now().getTime());
    const { secretId, retireRequestedBy } = first.version;
    const permit = decide({ type: "schedule", setBy: retireRequestedBy ?? "Skep" }, "secret.retire", { secretId });
    if (!permit) return;
    const plan = retirementPlan(
      clusterId,
      versions.map(({ version }) => version),
    );
    try {
      await startOperation(permit, plan, { ports });
    } catch (error) {
      if (!isAppError(error, "busy")) throw error;
    }
  }

  return repeating({ everySeconds: 30, work: sweep, onError: (error) => log.warn("retirement.not-swept", {}, error) });
}
