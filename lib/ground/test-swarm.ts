import "server-only";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { connectGateway } from "#lib/swarm/docker.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import { eraseEngine, startEngine } from "./engine.ts";
import type { EngineApi } from "./engine-api.ts";
import { importSampleImage } from "./sample-image.ts";

export type TestSwarm = {
  /** As DOCKER_HOST would say it. */
  host: string;
  api: EngineApi;
  gateway: SwarmGateway;
  clusterId: string;
  /** The one image that is there. */
  image: string;
};

const folders: string[] = [];

// Registered in whichever test file imports this.
afterAll(async () => {
  for (const folder of folders) {
    await eraseEngine(folder);
    rmSync(folder, { recursive: true, force: true });
  }
});

/** An empty Swarm on a Docker engine of its own. It is erased after the tests of the file. */
export async function testSwarm(): Promise<TestSwarm> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-test-swarm-")));
  folders.push(folder);
  const { host, api } = await startEngine({ dataFolder: folder });
  const image = await importSampleImage(api);
  const gateway = connectGateway({ endpoints: [{ host, certPath: null, isTlsVerified: false }] });
  return { host, api, gateway, clusterId: (await gateway.readCluster()).id, image };
}
