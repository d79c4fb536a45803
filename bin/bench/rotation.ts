import { setTimeout as pause } from "node:timers/promises";
import { samplePerson } from "#lib/auth/sample.ts";
import { database } from "#lib/db/client.ts";
import type { Confirmed } from "#lib/grants/schema.ts";
import type { RunningEngine } from "#lib/ground/engine.ts";
import { importSampleImage, sampleImage } from "#lib/ground/sample-image.ts";
import { startJobs } from "#lib/jobs/start.ts";
import { decide } from "#lib/policy/permit.ts";
import type { Person } from "#lib/policy/schema.ts";
import { planRotate, rotateSecret } from "#lib/rotation/rotate.ts";
import { type RotateInput, rotateInput } from "#lib/rotation/schema.ts";
import { adoptSecret, planAdopt } from "#lib/secrets/adopt.ts";
import { adoptInput } from "#lib/secrets/schema.ts";
import { atEnd } from "./cleanup.ts";
import { median, printFigure } from "./figure.ts";
import { benchGround } from "./ground.ts";

const serviceCount = 10;
const replicas = 2;
const rounds = 5;
const slackSeconds = 0.5;
const second = 1_000_000_000;

type SecretObject = { id: string; name: string };
/** Services of one secret, and what they hold now. */
type Side = { prefix: string; serviceIds: string[]; secret: SecretObject };

/** One secret on ten services, by Skep and by the bare API, in turns; the last old task is gone at the end of each. */
export async function run(): Promise<void> {
  const { engine } = await benchGround();
  await importSampleImage(engine.api);
  const sides = { own: await makeSide(engine, "own"), bare: await makeSide(engine, "bare") };
  const jobs = await startJobs({ say: () => undefined });
  atEnd(() => jobs.stop());
  const actor = await samplePerson(database(), { role: "administrator" });
  await measure(engine, actor, sides);
}

type Order = "together" | "canary" | "one-by-one";

type Sides = { own: Side; bare: Side };

async function measure(engine: RunningEngine, actor: Person, { own, bare }: Sides): Promise<void> {
  const secretId = await adopt(actor, own);
  const skep: Record<Order, number[]> = { together: [], canary: [], "one-by-one": [] };
  const byHand: Record<"atOnce" | "oneByOne", number[]> = { atOnce: [], oneByOne: [] };
  const rotateBare = async (isAtOnce: boolean) => {
    await untilSettled(engine, bare);
    return secondsOf(() => rotateByHand(engine, bare, isAtOnce));
  };
  const rotateOwn = async (order: Order) => {
    await untilSettled(engine, own);
    const shown = await shownPlan(actor, secretId, order);
    skep[order].push(await secondsOf(() => rotate(actor, shown)));
  };
  for (let round = 0; round < rounds; round += 1) {
    byHand.atOnce.push(await rotateBare(true));
    await rotateOwn("together");
  }
  await rotateOwn("canary");
  await rotateOwn("one-by-one");
  byHand.oneByOne.push(await rotateBare(false));
  report(skep, { atOnce: median(byHand.atOnce), oneByOne: median(byHand.oneByOne) });
}

function report(skep: Record<Order, number[]>, bare: { atOnce: number; oneByOne: number }): void {
  const together = median(skep.together);
  printFigure({
    figure: "rotation.together",
    value: together,
    unit: "s",
    ratio: together / bare.atOnce,
    against: `the bare API at once, ${bare.atOnce.toFixed(2)} s; the aim allows ${slackSeconds} s more`,
    aim: 1.05,
    isHeld: together <= 1.05 * bare.atOnce + slackSeconds,
  });
  const beside = { aim: null, isHeld: null, unit: "s" };
  const [canary = Number.NaN] = skep.canary;
  const [oneByOne = Number.NaN] = skep["one-by-one"];
  const against = `one after another by hand, ${bare.oneByOne.toFixed(2)} s`;
  printFigure({ figure: "rotation.canary", value: canary, ratio: canary / bare.oneByOne, against, ...beside });
  printFigure({ figure: "rotation.one-by-one", value: oneByOne, ratio: oneByOne / bare.oneByOne, against, ...beside });
}

async function shownPlan(actor: Person, secretId: string, order: Order): Promise<RotateInput & Confirmed> {
  const input = rotateInput.parse({ secretId, order, soakSeconds: 0, isUnbounded: true, source: "generated" });
  return { ...input, fingerprint: (await planRotate(actor, input)).fingerprint };
}

/** As a person does it: the plan is before her, she presses the button, and the operation ends. */
async function rotate(actor: Person, input: RotateInput & Confirmed): Promise<void> {
  const permit = decide(actor, "secret.rotate", { secretIds: [input.secretId] });
  if (!permit) throw new Error("The bench may not rotate.");
  const { id } = await rotateSecret(permit, input);
  for (;;) {
    const { state, outcome } = await database().operation.findUniqueOrThrow({ where: { id } });
    if (state === "ended" && outcome === "done") return;
    if (state !== "open") throw new Error(`The rotation is ${outcome ?? state}.`);
    await pause(20);
  }
}

/** The same with nothing but Docker: create, update, and look until new tasks run everywhere and no old one is left. */
async function rotateByHand(engine: RunningEngine, side: Side, isAtOnce: boolean): Promise<void> {
  const next = await createSecret(engine, side.prefix);
  const old = side.secret;
  const move = async (id: string) => {
    const { Spec, Version } = await engine.api.call<{ Spec: object; Version: { Index: number } }>(
      "GET",
      `/services/${id}`,
    );
    const spec = JSON.parse(JSON.stringify(Spec).replaceAll(old.id, next.id).replaceAll(old.name, next.name));
    await engine.api.call("POST", `/services/${id}/update?version=${Version.Index}`, spec);
  };
  if (isAtOnce) {
    await Promise.all(side.serviceIds.map(move));
    await untilMoved(engine, side.serviceIds, next);
  } else {
    for (const id of side.serviceIds) {
      await move(id);
      await untilMoved(engine, [id], next);
    }
  }
  side.secret = next;
}

type Task = {
  ServiceID: string;
  DesiredState: string;
  Status: { State: string };
  Spec: { ContainerSpec: { Secrets: { SecretID: string }[] } };
};

async function untilMoved(engine: RunningEngine, serviceIds: string[], { id }: SecretObject): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ service: serviceIds, "desired-state": ["running"] }));
  for (;;) {
    const tasks = await engine.api.call<Task[]>("GET", `/tasks?filters=${filters}`);
    const wanted = tasks.filter(({ DesiredState }) => DesiredState === "running");
    const isNew = ({ Status, Spec }: Task) =>
      Status.State === "running" && Spec.ContainerSpec.Secrets.some(({ SecretID }) => SecretID === id);
    if (wanted.length === serviceIds.length * replicas && wanted.every(isNew)) return;
    await pause(20);
  }
}

/** Swarm calls an update completed some time after its tasks run, and Skep leaves a busy service alone. */
async function untilSettled(engine: RunningEngine, { serviceIds }: Side): Promise<void> {
  for (;;) {
    const services = await engine.api.call<{ ID: string; UpdateStatus?: { State: string } }[]>("GET", "/services");
    const own = services.filter(({ ID }) => serviceIds.includes(ID));
    if (own.every(({ UpdateStatus }) => !UpdateStatus || UpdateStatus.State === "completed")) return;
    await pause(100);
  }
}

async function makeSide(engine: RunningEngine, prefix: string): Promise<Side> {
  const secret = await createSecret(engine, prefix);
  const serviceIds = await Promise.all(
    Array.from({ length: serviceCount }, async (_, index) => {
      const spec = specOf(`${prefix}_${index}`, secret);
      return (await engine.api.call<{ ID: string }>("POST", "/services/create", spec)).ID;
    }),
  );
  await untilMoved(engine, serviceIds, secret);
  return { prefix, serviceIds, secret };
}

let made = 0;

async function createSecret(engine: RunningEngine, prefix: string): Promise<SecretObject> {
  made += 1;
  const name = `${prefix}_secret_v${made}`;
  const Data = Buffer.from(`only-for-the-bench-${made}`).toString("base64");
  const { ID: id } = await engine.api.call<{ ID: string }>("POST", "/secrets/create", { Name: name, Data });
  return { id, name };
}

/** Ends at once when it is asked to, and both tasks of a service are replaced at the same time. */
function specOf(name: string, secret: SecretObject): object {
  const File = { Name: "secret", UID: "0", GID: "0", Mode: 0o444 };
  return {
    Name: name,
    TaskTemplate: {
      ContainerSpec: {
        Image: sampleImage,
        StopGracePeriod: second,
        Secrets: [{ SecretID: secret.id, SecretName: secret.name, File }],
      },
    },
    Mode: { Replicated: { Replicas: replicas } },
    UpdateConfig: { Parallelism: replicas, Monitor: second, FailureAction: "pause" },
  };
}

async function adopt(actor: Person, { prefix, secret }: Side): Promise<string> {
  const input = adoptInput.parse({ name: `${prefix}_secret`, versions: [{ objectId: secret.id, number: 1 }] });
  const { fingerprint } = await planAdopt(actor, input);
  const permit = decide(actor, "secret.adopt", { objectIds: [secret.id] });
  if (!permit) throw new Error("The bench may not adopt.");
  await adoptSecret(permit, { ...input, fingerprint });
  return (await database().secret.findFirstOrThrow({ where: { name: input.name } })).id;
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
