import { type Document, textAt } from "#lib/operations/witness/document.ts";
import { entriesOf, type ObjectEnd } from "#lib/operations/witness/expected.ts";
import type { Asker } from "./asker.ts";
import type { Between } from "./between.ts";
import { brokenCalls } from "./calls.ts";
import { uncountedCommits } from "./commits.ts";
import { complaintsAgainst, type Deeds, deedsOf, specDocument } from "./deeds.ts";
import type { Beginning, Life } from "./life.ts";
import type { Ending, Scenario } from "./scenarios.ts";
import type { Scene } from "./scene.ts";
import { leakedValues, otherValues } from "./values.ts";

type OperationRow = { id: string; state: string; outcome: string | null; attention: { choices?: string[] } | null };

/** What a run left behind, read from the Swarm, Postgres and the wire. */
export type Aftermath = {
  scenario: Scenario;
  scene: Scene;
  beginning: Beginning;
  lives: readonly Life[];
  between: Between;
  /** Specs as they were made, by service. */
  before: ReadonlyMap<string, Document>;
  /** Commits before the first instance began. */
  commitsBefore: number;
  /** Whether its fault came over it: an untouched run ends as its scenario must, and in no other way. */
  wasMet: boolean;
  asker: Asker;
};

/** Every promise of the engine that this run broke, by its number in docs/engine.md. Nothing is a good answer. */
export async function violationsOf(aftermath: Aftermath): Promise<string[]> {
  const { asker, between, lives, scene, scenario, beginning, before, commitsBefore } = aftermath;
  const rows = await asker.rows<OperationRow>(
    `SELECT id, state, outcome, attention FROM "Operation" WHERE kind <> 'adopt'`,
  );
  const [operation, ...others] = rows;
  const deeds = deedsOf(beginning.plan, scene.secrets, await madeObjects(aftermath));
  const services = scene.services.map(({ id, name }) => ({ id, name, objectIds: objectIdsIn(before.get(id)) }));
  const traffic = { lives, services, deeds, mayGoBack: scenario.ending === "undone", specAt: between.specAt };
  return [
    ...(others.length > 0 ? [`R2: ${others.length} more operations than were asked for`] : []),
    ...(await endOf(aftermath, operation)),
    ...(await specsOf(aftermath, operation, deeds)),
    ...(await versionsOf(aftermath)),
    ...(await historyOf(aftermath)),
    ...brokenCalls({ ...traffic, calls: between.calls(), outage: await between.outage() }),
    ...(await uncountedCommits(asker, lives, commitsBefore)),
    ...(await leakedValues({ typed: Object.values(beginning.typed), requests: between.requests(), lives, asker })),
    ...otherValues(scene.source?.value ?? null, between.requests()),
  ];
}

/** R8: it ended as its scenario must, or nothing was changed at all. */
async function endOf(aftermath: Aftermath, operation: OperationRow | undefined): Promise<string[]> {
  const { scenario, scene, wasMet } = aftermath;
  const now = await holdings(scene);
  const hasChanged = [...now.values()].some(({ names }) => names.some((name) => !name.endsWith("_v1")));
  if (!operation) return hasChanged ? ["R14: the Swarm was changed and no operation says why"] : [];
  const ending = endingOf(operation);
  if (ending === "failed-nothing-changed" && scenario.isTyped && wasMet)
    return hasChanged ? ["R8: something was changed"] : [];
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

/** R4: in the end every spec is what it was, but for what the plan does to its references, entry by entry. */
async function specsOf(aftermath: Aftermath, operation: OperationRow | undefined, deeds: Deeds): Promise<string[]> {
  const { scene, before } = aftermath;
  const ending = operation ? endingOf(operation) : null;
  const allowed = [
    ...(ending === "done" ? [] : [{ deed: "nothing" } as const]),
    ...(ending === "done" || ending === "needs-attention" ? [deeds.forward] : []),
  ];
  const found: string[] = [];
  for (const { id, name } of scene.services) {
    const original = before.get(id);
    const complaints = original
      ? complaintsAgainst(original, await readSpec(scene, id), allowed)
      : ["was not looked at"];
    found.push(...complaints.map((each) => `R4: ${name} in the end: ${each}`));
  }
  return found;
}

export async function readSpec({ stage }: Scene, id: string): Promise<Document> {
  return specDocument((await stage.api.call<{ Spec: object }>("GET", `/services/${id}`)).Spec);
}

function objectIdsIn(spec: Document | undefined): string[] {
  return spec ? entriesOf(spec).map((entry) => textAt(entry, "SecretID") ?? "") : [];
}

/** The new object of each secret, by its name, where there is or was one. */
async function madeObjects({ scene, asker }: Aftermath): Promise<Map<string, ObjectEnd>> {
  const rows = await asker.rows<ObjectEnd>(
    `SELECT "objectId", "objectName" FROM "Version" WHERE "objectId" IS NOT NULL`,
  );
  const objects = (await scene.stage.gateway.listSecrets()).map(({ id, name }) => ({ objectId: id, objectName: name }));
  return new Map(
    scene.secrets.flatMap(({ name }) => {
      const made = [...rows, ...objects].find(({ objectName }) => objectName === `${name}_v2`);
      return made ? [[name, made] as const] : [];
    }),
  );
}

/** R2, R3, R7, R13: one new object for each secret, every object known, the old one kept or gone as planned. */
async function versionsOf({ scene, scenario, beginning, asker }: Aftermath): Promise<string[]> {
  const found: string[] = [];
  const objects = await scene.stage.gateway.listSecrets();
  const rows = await asker.rows<{ objectId: string | null; objectName: string; state: string }>(
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
    const isKept = ({ state, objectId }: (typeof rows)[number]) => objectId !== null && state !== "removed";
    const kept = rows.filter((row) => row.objectName === `${name}_v2` && isKept(row));
    if (kept.some(({ objectId }) => !own.some(({ id }) => id === objectId))) found.push(`R3: ${name}_v2 is gone`);
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

/** R9, R14, R15: every intent has one end, nothing stays locked, and no step was tried for ever. */
export async function historyOf({
  asker,
  scenario,
}: Pick<Aftermath, "asker"> & { scenario: Pick<Scenario, "ending"> }): Promise<string[]> {
  const found: string[] = [];
  const keys = async (type: string) => {
    const rows = await asker.rows<{ callKey: string }>(
      `SELECT "callKey" FROM "AuditEvent" WHERE type = $1 ORDER BY "callKey"`,
      [type],
    );
    return rows.map(({ callKey }) => callKey).join("\n");
  };
  if ((await keys("call.intended")) !== (await keys("call.ended"))) found.push("R14: an intent without its one end");
  const locks = await asker.rows(`SELECT 1 FROM "ServiceLock"`);
  if (locks.length > 0 && scenario.ending !== "needs-attention") found.push("R9: a service stays locked");
  const unsealed = await asker.rows(`SELECT 1 FROM "AuditEvent" WHERE sequence IS NULL OR hash IS NULL`);
  if (unsealed.length > 0) found.push("R14: an event without its seal");
  const [step] = await asker.rows<{ most: number | null }>(`SELECT max(failures) AS most FROM "OperationStep"`);
  if ((step?.most ?? 0) > 5) found.push(`R15: a step went on after ${step?.most} failures`);
  return found;
}
