import "server-only";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectGateway } from "#lib/swarm/docker.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import { type Fate, startRecordingProxy } from "#lib/swarm/recording-proxy.ts";
import { specFromText, specText } from "#lib/swarm/spec.ts";
import { cycle, type Tally } from "./cycle.ts";
import { readDocument } from "./document.ts";
import { fakeClusterId, startFakeDocker } from "./fake-docker.ts";
import type { Scene } from "./scene.ts";
import type { ObjectNames } from "./shape.ts";
import { Witness } from "./witness.ts";

export type SpecFor = (objects: ObjectNames) => string;

/** One cycle over services with these specs, on a Docker that keeps them letter by letter. `change` is what a clumsy hand does to each spec on its way; `fates` are what becomes of updates, one after the other. */
export async function cycleOf(
  specs: readonly SpecFor[],
  options: { change?: (text: string) => string; verbs?: "all" | "rotation"; fates?: Fate[] } = {},
): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), "skep-witness-"));
  const { scene, stop } = await startScene(folder, specs, options.fates);
  const gateway = options.change ? clumsy(scene.gateway, options.change) : scene.gateway;
  try {
    return await cycle({ ...scene, gateway }, options.verbs);
  } finally {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
async function startScene(
  folder: string,
  specs: readonly SpecFor[],
  fates: readonly Fate[] = [],
): Promise<{ scene: Scene; stop(): Promise<void> }> {
  const targetSocketPath = join(folder, "docker.sock");
  const socketPath = join(folder, "proxy.sock");
  const docker = await startFakeDocker(targetSocketPath);
  const witness = new Witness();
  const { hears } = witness;
  let updates = 0;
  const meets = (request: { method: string; path: string }): Fate => {
    if (!witness.meets(request)) return "passed on";
    updates += 1;
    return fates[updates % fates.length] ?? "passed on";
  };
  const proxy = await startRecordingProxy({ socketPath, targetSocketPath, meets, hears });
  const objects = {
    older: docker.addSecret("rotated_v1"),
    rotated: docker.addSecret("rotated_v2"),
    other: docker.addSecret("other_v1"),
    granted: docker.addSecret("granted_v1"),
    kept: docker.addSecret("kept_v1"),
  };
  const services = specs.map((specFor) => {
    const text = specFor(objects);
    const { Name } = JSON.parse(text) as { Name: string };
    return { id: docker.addService(text), name: Name, spec: readDocument(text) };
  });
  const endpoint = { host: `unix://${socketPath}`, certPath: null, isTlsVerified: false };
  const gateway = connectGateway({ endpoints: [endpoint], callTimeoutSeconds: 60 });
  const scene = { gateway, witness, clusterId: fakeClusterId, objects, services, ...virtualTime() };
  return {
    scene,
    async stop() {
      await proxy.stop();
      await docker.stop();
    },
  };
}

/** Waits take no time. */
function virtualTime(): Pick<Scene, "now" | "pause"> {
  let now = Date.parse("2026-05-01T12:00:00Z");
  return {
    now: () => now,
    async pause(seconds) {
      now += Math.max(0.05, seconds) * 1000;
    },
  };
}

function clumsy(gateway: SwarmGateway, change: (text: string) => string): SwarmGateway {
  return {
    ...gateway,
    updateService: (id, index, spec) => gateway.updateService(id, index, specFromText(change(specText(spec)))),
  };
}
