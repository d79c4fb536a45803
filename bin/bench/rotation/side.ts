import { setTimeout as pause } from "node:timers/promises";
import { database } from "#lib/db/client.ts";
import type { Confirmed } from "#lib/grants/schema.ts";
import type { RunningEngine } from "#lib/ground/engine.ts";
import { sampleImage } from "#lib/ground/sample-image.ts";
import { decide } from "#lib/policy/permit.ts";
import type { Person } from "#lib/policy/schema.ts";
import { planGroup, rotateGroup } from "#lib/rotation/group.ts";
import { type GroupInput, groupInput } from "#lib/rotation/schema.ts";
import { adoptSecret, planAdopt } from "#lib/secrets/adopt.ts";
import { adoptInput } from "#lib/secrets/schema.ts";

export type Stage = { engine: RunningEngine; ownerUrl: string; actor: Person };
export type SecretObject = { id: string; name: string };
/** Services that all hold the same secrets, and what they were given first. */
export type Side = { prefix: string; serviceIds: string[]; secrets: SecretObject[]; replicas: number };

type Shape = { services?: number; secrets?: number; replicas?: number };

const second = 1_000_000_000;

export async function makeSide({ engine }: Stage, prefix: string, shape: Shape = {}): Promise<Side> {
  const { services = 10, secrets: count = 1, replicas = 2 } = shape;
  const secrets: SecretObject[] = [];
  for (let index = 0; index < count; index += 1) secrets.push(await createSecret(engine, `${prefix}_secret_${index}`));
  const serviceIds = await Promise.all(
    Array.from({ length: services }, async (_, index) => {
      const spec = specOf(`${prefix}_${index}`, secrets, replicas);
      return (await engine.api.call<{ ID: string }>("POST", "/services/create", spec)).ID;
    }),
  );
  const side = { prefix, serviceIds, secrets, replicas };
  await untilMoved(engine, side, secrets);
  return side;
}

let made = 0;

export async function createSecret(engine: RunningEngine, prefix: string): Promise<SecretObject> {
  made += 1;
  const name = `${prefix}_v${made}`;
  const Data = Buffer.from(`only-for-the-bench-${made}`).toString("base64");
  const { ID: id } = await engine.api.call<{ ID: string }>("POST", "/secrets/create", { Name: name, Data });
  return { id, name };
}

/** Ends at once when it is asked to, and all tasks of a service are replaced at the same time. */
function specOf(name: string, secrets: readonly SecretObject[], replicas: number): object {
  return {
    Name: name,
    TaskTemplate: {
      ContainerSpec: {
        Image: sampleImage,
        StopGracePeriod: second,
        Secrets: secrets.map((secret, index) => ({
          SecretID: secret.id,
          SecretName: secret.name,
          File: { Name: `secret_${index}`, UID: "0", GID: "0", Mode: 0o444 },
        })),
      },
    },
    Mode: { Replicated: { Replicas: replicas } },
    UpdateConfig: { Parallelism: Math.max(1, replicas), Monitor: second, FailureAction: "pause" },
  };
}

type Task = {
  DesiredState: string;
  Status: { State: string };
  Spec: { ContainerSpec: { Secrets: { SecretID: string }[] } };
};

/** New tasks with these objects run everywhere, and no other task is wanted any more. */
export async function untilMoved(
  engine: RunningEngine,
  { serviceIds, replicas }: Pick<Side, "serviceIds" | "replicas">,
  secrets: readonly SecretObject[],
): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ service: serviceIds, "desired-state": ["running"] }));
  for (;;) {
    const tasks = await engine.api.call<Task[]>("GET", `/tasks?filters=${filters}`);
    const wanted = tasks.filter(({ DesiredState }) => DesiredState === "running");
    const isNew = ({ Status, Spec }: Task) =>
      Status.State === "running" &&
      secrets.every(({ id }) => Spec.ContainerSpec.Secrets.some(({ SecretID }) => SecretID === id));
    if (wanted.length === serviceIds.length * replicas && wanted.every(isNew)) return;
    await pause(20);
  }
}

/** Swarm calls an update completed some time after its tasks run, and Skep leaves a busy service alone. */
export async function untilSettled({ engine }: Stage, { serviceIds }: Side): Promise<void> {
  for (;;) {
    const services = await engine.api.call<{ ID: string; UpdateStatus?: { State: string } }[]>("GET", "/services");
    const own = services.filter(({ ID }) => serviceIds.includes(ID));
    if (own.every(({ UpdateStatus }) => !UpdateStatus || UpdateStatus.State === "completed")) return;
    await pause(100);
  }
}

/** Skep manages the side's secrets from now on. */
export async function adopt({ actor }: Stage, { secrets }: Side): Promise<string[]> {
  const ids: string[] = [];
  for (const { id, name } of secrets) {
    const input = adoptInput.parse({ name: name.replace(/_v\d+$/, ""), versions: [{ objectId: id, number: 1 }] });
    const { fingerprint } = await planAdopt(actor, input);
    const permit = decide(actor, "secret.adopt", { objectIds: [id] });
    if (!permit) throw new Error("The bench may not adopt.");
    await adoptSecret(permit, { ...input, fingerprint });
    ids.push((await database().secret.findFirstOrThrow({ where: { name: input.name } })).id);
  }
  return ids;
}

type Choices = Partial<Pick<GroupInput, "order" | "isUnbounded">>;

/** The plan that a person has before her, without any soak. */
export async function shownPlan({ actor }: Stage, secretIds: string[], choices: Choices = {}) {
  const secrets = secretIds.map((secretId) => ({ secretId, source: "generated" }));
  const input = groupInput.parse({ secrets, soakSeconds: 0, isUnbounded: true, ...choices });
  return { ...input, fingerprint: (await planGroup(actor, input)).fingerprint };
}

/** She presses the button, and the operation ends. */
export async function rotate({ actor }: Stage, input: GroupInput & Confirmed): Promise<void> {
  const permit = decide(actor, "secret.rotate", { secretIds: input.secrets.map(({ secretId }) => secretId) });
  if (!permit) throw new Error("The bench may not rotate.");
  const { id } = await rotateGroup(permit, input);
  for (;;) {
    const { state, outcome } = await database().operation.findUniqueOrThrow({ where: { id } });
    if (state === "ended" && outcome === "done") return;
    if (state !== "open") throw new Error(`The rotation is ${outcome ?? state}.`);
    await pause(20);
  }
}
