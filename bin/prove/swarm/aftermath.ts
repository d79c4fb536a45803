import { setTimeout as pause } from "node:timers/promises";
import { hasEnded } from "#lib/operations/converge.ts";
import { canonicalRest, type ServiceJson } from "./hands.ts";
import type { Fault, RotationFacts, ServiceFacts } from "./judge.ts";
import { ask, readLeftOut } from "./ledger.ts";
import type { Rotation } from "./rotation.ts";

/** What the Swarm and Postgres say of a rotation that is over. */
export async function factsOf(rotation: Rotation, fault: Fault | null): Promise<RotationFacts> {
  const { scene, secret, services, phase, ground, operationId, name } = rotation;
  const { state, outcome, attention, steps } = await rotation.standing();
  const held = steps.flatMap((step) => (step.name === "remove" ? (step.facts.heldBy ?? []) : []));
  const rows = await rowsOf(rotation);
  const objects = (await scene.stage.gateway.listSecrets()).filter((object) =>
    object.name.startsWith(`${secret.name}_v`),
  );
  const found = { name, fault, phase, state, outcome, attention };
  return {
    ...found,
    leftOut: await readLeftOut(ground.ownerUrl, operationId),
    heldBy: held,
    oldId: secret.objectId,
    oldName: secret.objectName,
    newId: rows.versions.find(({ number }) => number > 1)?.objectId ?? null,
    isRemoved: rows.versions.some(({ number, state: of }) => number === 1 && of === "removed"),
    services: await Promise.all(services.map((service) => quiet(rotation, service.id))),
    objects: objects.map(({ id, name: objectName }) => ({ id, name: objectName })),
    knownIds: rows.versions.flatMap((version) =>
      version.objectId && version.state !== "removed" ? version.objectId : [],
    ),
    locks: rows.locks,
    open: rows.open,
  };
}

type VersionRow = { number: number; state: string; objectId: string | null };

async function rowsOf({ ground, secret, operationId }: Rotation) {
  return ask(ground.ownerUrl, async (client) => {
    const versions = await client.query<VersionRow>(
      `SELECT number, state, "objectId" FROM "Version" WHERE "secretId" = $1`,
      [secret.secretId],
    );
    const locks = await client.query(`SELECT 1 FROM "ServiceLock" WHERE "operationId" = $1`, [operationId]);
    const open = await client.query(
      `SELECT 1 FROM "OperationSecret" WHERE "secretId" = $1 AND "isOpen" AND "operationId" <> $2`,
      [secret.secretId, operationId],
    );
    return { versions: versions.rows, locks: locks.rowCount ?? 0, open: open.rowCount ?? 0 };
  });
}

/** A node that has just come back, or an edit of a moment ago, takes its time: what never gets right is told as it is. */
async function quiet(rotation: Rotation, serviceId: string): Promise<ServiceFacts> {
  const until = Date.now() + quietSeconds * 1000;
  for (;;) {
    const facts = await serviceFacts(rotation, serviceId);
    const [first] = facts.named;
    const isUp = first !== undefined && (facts.running[first] ?? 0) >= facts.wanted;
    if (isUp || Date.now() > until) return facts;
    await pause(500);
  }
}

const quietSeconds = 40;

async function serviceFacts(rotation: Rotation, serviceId: string): Promise<ServiceFacts> {
  const service = await rotation.read(serviceId);
  const tasks = await rotation.scene.stage.gateway.listTasks({ serviceIds: [serviceId] });
  const up = tasks.filter(({ state, desiredState }) => state === "running" && desiredState === "running");
  const byObject = Map.groupBy(
    up.flatMap(({ secretObjectIds }) => secretObjectIds),
    (id) => id,
  );
  const ids = (spec: ServiceJson["Spec"] | undefined) =>
    (spec?.TaskTemplate.ContainerSpec.Secrets ?? []).map(({ SecretID }) => SecretID);
  const name = service.Spec.Name;
  return {
    name,
    isFailing: rotation.phase === "undo" && serviceId === rotation.services[1]?.id,
    named: ids(service.Spec),
    previous: ids(service.PreviousSpec),
    wanted: service.Spec.Mode.Replicated.Replicas,
    running: Object.fromEntries([...byObject].map(([id, all]) => [id, all.length])),
    living: tasks.filter(({ state }) => !hasEnded(state)).flatMap(({ secretObjectIds }) => secretObjectIds),
    rest: canonicalRest(service),
    wantedRest: rotation.rests.get(serviceId) ?? "",
  };
}

/** Takes a rotation's services and objects out of the Swarm again. */
export async function clearAway({ scene, services, secret }: Rotation): Promise<void> {
  const { api, gateway } = scene.stage;
  for (const { id } of services) await api.call("DELETE", `/services/${id}`).catch(() => undefined);
  const own = (await gateway.listSecrets()).filter(({ name }) => secret && name.startsWith(`${secret.name}_v`));
  for (const { id } of own) await api.call("DELETE", `/secrets/${id}`).catch(() => undefined);
  await scene.database.$disconnect();
}

/** What needs an object at this moment, of all that Docker itself does not mind; null where no manager says so in time. */
export function neededBy(stage: Rotation["ground"]["stage"], objectId: string): Promise<string[] | null> {
  return Promise.race([readNeeds(stage, objectId), pause(2000, null)]);
}

async function readNeeds({ api }: Rotation["ground"]["stage"], objectId: string): Promise<string[] | null> {
  try {
    const services = await api.call<ServiceJson[]>("GET", "/services");
    const tasks = await api.call<{ Spec: ServiceJson["Spec"]["TaskTemplate"]; Status: { State: never } }[]>(
      "GET",
      "/tasks",
    );
    const names = (spec: ServiceJson["Spec"]["TaskTemplate"] | undefined) =>
      (spec?.ContainerSpec.Secrets ?? []).some(({ SecretID }) => SecretID === objectId);
    const previous = services.filter(({ PreviousSpec }) => names(PreviousSpec?.TaskTemplate));
    const living = tasks.filter(({ Spec, Status }) => names(Spec) && !hasEnded(Status.State));
    return [
      ...previous.map(({ Spec }) => `${Spec.Name}, to be rolled back`),
      ...living.map(({ Status }) => `a task that is ${Status.State}`),
    ];
  } catch {
    return null;
  }
}
