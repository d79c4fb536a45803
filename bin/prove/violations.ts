import type pg from "pg";
import type { RecordedRequest } from "#lib/swarm/recording-proxy.ts";
import type { Beginning, Life } from "./life.ts";
import type { Ending, Scenario } from "./scenarios.ts";
import type { Scene } from "./scene.ts";

type OperationRow = { id: string; state: string; outcome: string | null; attention: { choices?: string[] } | null };

/** What a run left behind, read from the Swarm, Postgres and the wire. */
export type Aftermath = {
  scenario: Scenario;
  scene: Scene;
  beginning: Beginning;
  lives: readonly Life[];
  requests: readonly RecordedRequest[];
  /** Specs as they were made, by service. */
  before: ReadonlyMap<string, string>;
  /** What was seen while it ran: calls without an intent, removals of what something needed. */
  seen: readonly string[];
  client: pg.Client;
};

/** Every promise of the engine that this run broke, by its number in docs/engine.md. Nothing is a good answer. */
export async function violationsOf(aftermath: Aftermath): Promise<string[]> {
  const { client, seen } = aftermath;
  const { rows } = await client.query<OperationRow>(
    `SELECT id, state, outcome, attention FROM "Operation" WHERE kind <> 'adopt'`,
  );
  const [operation, ...others] = rows;
  const found = [...seen];
  if (others.length > 0) found.push(`R2: ${others.length} more operations than were asked for`);
  found.push(...(await endOf(aftermath, operation)));
  found.push(...(await versionsOf(aftermath)), ...(await callsOf(aftermath)), ...writesOf(aftermath));
  found.push(...(await valuesOf(aftermath)), ...(await othersOf(aftermath)));
  return found;
}

/** R8: it ended as its scenario must, or nothing was changed at all. */
async function endOf(aftermath: Aftermath, operation: OperationRow | undefined): Promise<string[]> {
  const { scenario, scene } = aftermath;
  const now = await holdings(scene);
  const hasChanged = [...now.values()].some(({ names }) => names.some((name) => !name.endsWith("_v1")));
  if (!operation) return hasChanged ? ["R14: the Swarm was changed and no operation says why"] : [];
  const ending = endingOf(operation);
  if (ending === "failed-nothing-changed" && scenario.isTyped) return hasChanged ? ["R8: something was changed"] : [];
  if (ending !== scenario.ending) return [`R8: it ended as ${ending}, not as ${scenario.ending}`];
  const found: string[] = [];
  if (ending === "needs-attention" && !operation.attention?.choices?.length) found.push("R6: nobody can decide");
  for (const [name, { names, runs }] of now) {
    const wanted = wantedIn(aftermath, scenario.ending);
    if (wanted === null) continue;
    if (names.join() !== wanted.join()) found.push(`R8: ${ending}, but ${name} names ${names.join(", ")}`);
    if (runs < 2) found.push(`R5: ${ending}, but ${name} runs ${runs} tasks with what it names`);
  }
  return found;
}

function endingOf({ state, outcome }: OperationRow): string {
  return state === "ended" ? (outcome ?? "ended without an outcome") : state;
}

/** What every service is to name in the end; null where it depends on how far the operation came. */
function wantedIn({ scene, beginning }: Aftermath, ending: Ending): string[] | null {
  if (ending === "needs-attention") return null;
  const version = ending === "done" && beginning.plan.create.length > 0 ? 2 : 1;
  return scene.secrets.map(({ name }) => `${name}_v${version}`).toSorted();
}

async function holdings({ stage: { gateway }, services }: Scene) {
  const held = new Map<string, { names: string[]; runs: number }>();
  for (const { id, name } of services) {
    const service = await gateway.findService(id);
    const references = service?.references ?? [];
    const ids = references.map(({ objectId }) => objectId);
    const tasks = (await gateway.listTasks({ serviceIds: [id] })).filter(
      ({ state, desiredState, secretObjectIds }) =>
        state === "running" && desiredState === "running" && ids.every((each) => secretObjectIds.includes(each)),
    );
    held.set(name, { names: references.map(({ objectName }) => objectName).toSorted(), runs: tasks.length });
  }
  return held;
}

/** R2, R3, R13: one new object for each secret, every object known, the old one kept or gone as planned. */
async function versionsOf({ scene, scenario, beginning, client }: Aftermath): Promise<string[]> {
  const found: string[] = [];
  const objects = await scene.stage.gateway.listSecrets();
  const { rows } = await client.query<{ objectId: string | null; objectName: string; state: string }>(
    `SELECT "objectId", "objectName", state FROM "Version"`,
  );
  const known = new Set(rows.filter(({ state }) => state !== "removed").map(({ objectId }) => objectId));
  for (const { name } of scene.secrets) {
    const own = objects.filter((object) => object.name.startsWith(`${name}_v`));
    const made = own.filter((object) => object.name !== `${name}_v1`);
    const most = beginning.plan.create.length === 0 ? 0 : scenario.isTyped ? 2 : 1;
    if (made.length > most) found.push(`R2: ${made.length} new objects of ${name}`);
    for (const object of made.filter(({ id }) => !known.has(id)).slice(scenario.isTyped ? 1 : 0)) {
      found.push(`R13: nobody knows ${object.name}`);
    }
    const isOldThere = own.some((object) => object.name === `${name}_v1`);
    const hasEnded = rows.some(({ objectName, state }) => objectName === `${name}_v1` && state === "removed");
    if (!isOldThere && !(scenario.removesOld && hasEnded)) found.push(`R3: ${name}_v1 is gone`);
  }
  const pending = rows.filter(({ state }) => state === "pending");
  if (pending.length > 0 && scenario.ending !== "needs-attention") found.push("R6: a version is pending for ever");
  if (
    scenario.ending === "undone" &&
    rows.some(({ state, objectName }) => state === "current" && objectName.endsWith("_v2"))
  )
    found.push("R7: the version of an undone rotation is current");
  return found;
}

/** R14: every intent has one end, and nothing stays locked. */
async function callsOf({ client, scenario }: Aftermath): Promise<string[]> {
  const found: string[] = [];
  const keys = async (type: string) => {
    const { rows } = await client.query<{ callKey: string }>(
      `SELECT "callKey" FROM "AuditEvent" WHERE type = $1 ORDER BY "callKey"`,
      [type],
    );
    return rows.map(({ callKey }) => callKey).join("\n");
  };
  if ((await keys("call.intended")) !== (await keys("call.ended"))) found.push("R14: an intent without its one end");
  const { rows } = await client.query(`SELECT 1 FROM "ServiceLock"`);
  if (rows.length > 0 && scenario.ending !== "needs-attention") found.push("R9: a service stays locked");
  const broken = await client.query<{ count: string }>(
    `SELECT count(*) FROM "AuditEvent" WHERE sequence IS NULL OR hash IS NULL`,
  );
  if (broken.rows[0]?.count !== "0") found.push("R14: an event without its seal");
  return found;
}

const changing = new Set(["swarm.createSecret", "swarm.updateService", "swarm.removeSecret"]);

/** Every call that changes the Swarm went through a point; at most one effective change per service and direction (R10). */
function writesOf({ requests, lives, scene }: Aftermath): string[] {
  const found: string[] = [];
  const sent = requests.filter(({ method }) => method !== "GET");
  const points = lives.flatMap(({ said }) => said).filter(({ what }) => changing.has(what));
  if (sent.length > points.length)
    found.push(`a call outside the ports: ${sent.length} sent, ${points.length} counted`);
  for (const { id, name } of scene.services) {
    const applied = sent.filter(
      ({ path, statusCode }) => path.startsWith(`/services/${id}/update`) && statusCode === 200,
    );
    const states = applied.map(({ body }) => JSON.stringify(referencesIn(body)));
    const effective = states.filter((state, index) => index === 0 || state !== states[index - 1]);
    if (effective.length > 2) found.push(`R10: ${effective.length} effective changes of ${name}`);
  }
  return found;
}

type SpecJson = { TaskTemplate: { ContainerSpec: { Secrets?: { SecretID: string }[] } } };

function referencesIn(body: Buffer): string[] {
  const spec = JSON.parse(body.toString()) as SpecJson;
  return (spec.TaskTemplate.ContainerSpec.Secrets ?? []).map(({ SecretID }) => SecretID);
}

/** R1: a typed value is in the one call that made its object, and nowhere that Skep writes to. */
async function valuesOf({ beginning, requests, lives, client }: Aftermath): Promise<string[]> {
  const found: string[] = [];
  for (const value of Object.values(beginning.typed)) {
    const forms = [value, Buffer.from(value).toString("base64")];
    const holds = (text: string) => forms.some((form) => text.includes(form));
    if (lives.some((life) => holds(life.log()))) found.push("R1: a value is in the log");
    const elsewhere = requests.filter(
      ({ path, body }) => holds(path) || (path !== "/secrets/create" && holds(body.toString())),
    );
    if (elsewhere.length > 0) found.push("R1: a value is in another call than its own");
    const tables = ["Operation", "OperationStep", "Version", "Secret"].map(
      (table) => `SELECT t::text AS row FROM "${table}" t`,
    );
    const events = `SELECT convert_from(body, 'UTF8') AS row FROM "AuditEvent"`;
    const { rows } = await client.query<{ row: string }>([...tables, events].join(" UNION ALL "));
    if (rows.some(({ row }) => holds(row))) found.push("R1: a value is in Postgres");
  }
  return found;
}

/** R4: what nobody asked to change is as it was. */
async function othersOf({ scene, before }: Aftermath): Promise<string[]> {
  const found: string[] = [];
  for (const { id, name } of scene.services) {
    if ((await specWithoutSecrets(scene, id)) !== before.get(id))
      found.push(`R4: more than references changed in ${name}`);
  }
  return found;
}

export async function specWithoutSecrets({ stage }: Scene, id: string): Promise<string> {
  const { Spec } = await stage.api.call<{ Spec: SpecJson }>("GET", `/services/${id}`);
  const { Secrets: _, ...rest } = Spec.TaskTemplate.ContainerSpec;
  return JSON.stringify({ ...Spec, TaskTemplate: { ...Spec.TaskTemplate, ContainerSpec: rest } });
}
