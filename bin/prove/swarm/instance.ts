import { listen } from "#lib/db/notify.ts";
import { configuration, configurationFrom, configure, env } from "#lib/env.ts";
import { startWorker } from "#lib/jobs/worker.ts";
import { ownPorts } from "#lib/operations/own-ports.ts";
import { expectCluster } from "#lib/swarm/connect.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import type { Ask } from "./skep.ts";

/**
 * One instance of Skep's executor, configured by its environment as the console is: DATABASE_URL, DOCKER_HOST,
 * SKEP_DOCKER_HOSTS. Before each call that changes the Swarm it asks whoever started it, after the intent is committed
 * and before anything is sent: there it can be held, killed and frozen.
 */
type Given = { clusterId: string; owner: string; isPlanted: boolean };
const { clusterId, owner, isPlanted } = JSON.parse(process.argv[2] ?? "{}") as Given;
const { databaseUrl, dockerHost } = env();
const docker = { host: dockerHost ?? "", certPath: null, isTlsVerified: false };
configure(configurationFrom(env(), { databaseUrl: databaseUrl ?? "", docker, sessionSecret: "only-for-the-proof" }));
expectCluster(clusterId);

const waiting = new Map<number, () => void>();
let asked = 0;

function leave(call: Ask["call"], subject: string): Promise<void> {
  asked += 1;
  const number = asked;
  return new Promise((resolve) => {
    waiting.set(number, resolve);
    process.send?.({ number, call, subject });
  });
}

function asking(gateway: SwarmGateway): SwarmGateway {
  return {
    ...gateway,
    async createSecret(secret, value) {
      await leave("create", secret.name);
      return gateway.createSecret(secret, value);
    },
    async updateService(id, versionIndex, spec) {
      await leave("update", id);
      const answer = await gateway.updateService(id, versionIndex, spec);
      const now = isPlanted ? await gateway.findService(id) : null;
      if (now) await gateway.updateService(id, now.versionIndex, now.spec);
      return answer;
    },
    async removeSecret(id) {
      await leave("remove", id);
      return gateway.removeSecret(id);
    },
  };
}

const ports = ownPorts();
const worker = startWorker({
  ports: { ...ports, swarm: asking(ports.swarm) },
  owner,
  scanSeconds: 1,
  listen: (handler) => listen("skep_operation", handler, configuration().databaseUrl),
});
process.on("message", ({ go }: { go: number }) => {
  waiting.get(go)?.();
  waiting.delete(go);
});
process.on("SIGTERM", () => void worker.stop().then(() => process.exit(0)));
// Whoever started it is gone: nobody would end it.
process.on("disconnect", () => process.exit(1));
