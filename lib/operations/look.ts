import "server-only";
import type { LedgerStep } from "./ledger.ts";
import type { Look, Pass } from "./pass.ts";
import { steps as allSteps } from "./steps.ts";

const updating = new Set(["move", "undo", "release"]);

/** Reads what the steps of one round are about, in as few calls as there are kinds of things, and locks what they would update. */
export async function takeLook(pass: Pass, ready: readonly LedgerStep[], locked: Set<string>): Promise<Look> {
  const aboutServices = ready.filter(({ name }) => allSteps[name].subject === "service");
  const ids = [...new Set(aboutServices.map(({ subjectId }) => subjectId))].sort();
  if (ids.length === 0) return { services: new Map(), tasks: new Map(), locked };
  const wanted = aboutServices.filter(({ name, subjectId }) => updating.has(name) && !locked.has(subjectId));
  const [services, tasks] = await Promise.all([
    pass.ports.swarm.listServices({ ids }),
    pass.ports.swarm.listTasks({ serviceIds: ids }),
    lock(pass, wanted, locked),
  ]);
  return {
    services: new Map(services.map((service) => [service.id, service])),
    tasks: new Map(Map.groupBy(tasks, ({ serviceId }) => serviceId)),
    locked,
  };
}

async function lock({ ports, lease, operation }: Pass, wanted: LedgerStep[], locked: Set<string>): Promise<void> {
  if (wanted.length === 0) return;
  const ids = wanted.map(({ subjectId }) => subjectId).sort();
  for (const id of await ports.store.lockServices(lease, operation.clusterId, ids)) locked.add(id);
}
