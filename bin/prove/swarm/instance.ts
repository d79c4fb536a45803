import { listen } from "#lib/db/notify.ts";
import { configuration, configurationFrom, configure, env } from "#lib/env.ts";
import { startWorker } from "#lib/jobs/worker.ts";
import { ownPorts } from "#lib/operations/own-ports.ts";
import { namedEndpoints } from "#lib/swarm/address.ts";
import { expectCluster } from "#lib/swarm/connect.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import type { Ask } from "./skep.ts";

/**
 * One instance of Skep's executor, configured by its environment as the console is: DATABASE_URL, DOCKER_HOST,
 * SKEP_DOCKER_HOSTS. Around each call that changes the Swarm it asks whoever started it whether to go on: when the intent
 * is committed and nothing is sent, and when the answer is here and its end not written down.
 */
type Given = { clusterId: string; owner: string; isPlanted: boolean };
const { clusterId, owner, isPlanted } = JSON.parse(process.argv[2] ?? "{}") as Given;
const { databaseUrl } = env();
const [docker, ...otherManagers] = namedEndpoints(env());
if (!docker) throw new Error("DOCKER_HOST names no manager");
configure(
  configurationFrom(env(), {
    databaseUrl: databaseUrl ?? "",
    docker,
    otherManagers,
    sessionSecret: "only-for-the-proof",
  }),
);
expectCluster(clusterId);

const waiting = new Map<number, () => void>();
let asked = 0;

function stand(ask: Ask): Promise<void> {
  asked += 1;
  const number = asked;
  return new Promise((resolve) => {
    waiting.set(number, resolve);
    process.send?.({ number, ...ask });
  });
}

async function between<T>(call: Ask["call"], subject: string, make: () => Promise<T>): Promise<T> {
  await stand({ call, subject, moment: "before" });
  const answer = await make();
  await stand({ call, subject, moment: "after" });
  return answer;
}

function asking(gateway: SwarmGateway): SwarmGateway {
  return {
    ...gateway,
    createSecret: (secret, value) => between("create", secret.name, () => gateway.createSecret(secret, value)),
    removeSecret: (id) => between("remove", id, () => gateway.removeSecret(id)),
    updateService: (id, versionIndex, spec) =>
      between("update", id, async () => {
        const answer = await gateway.updateService(id, versionIndex, spec);
        const now = isPlanted ? await gateway.findService(id) : null;
        if (now) await gateway.updateService(id, now.versionIndex, now.spec);
        return answer;
      }),
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
