import "server-only";
import type { EngineApi } from "./engine-api.ts";

type Cluster = { Version: { Index: number }; Spec: { Labels: Record<string, string> | null } };

/**
 * Makes something in a Swarm of Skep's own, once, and marks the Swarm with a label: what is half made is completed at the
 * next call, and what a person removed from a finished one stays removed.
 */
export async function makeOnce(api: EngineApi, label: string, make: () => Promise<void>): Promise<void> {
  const before = await api.call<Cluster>("GET", "/swarm");
  if (before.Spec.Labels?.[label]) return;
  await make();
  const { Spec, Version } = await api.call<Cluster>("GET", "/swarm");
  const spec = { ...Spec, Labels: { ...Spec.Labels, [label]: "complete" } };
  await api.call("POST", `/swarm/update?version=${Version.Index}`, spec);
}
