import "server-only";
import { findStep } from "../ledger.ts";
import { sampleChange, sampleRetirement, sampleVersion } from "../sample.ts";
import type { Plan, PlannedEdit } from "../schema.ts";
import { at, compact, type Document, textAt } from "./document.ts";
import { type Deed, entriesOf, type ObjectEnd, targetOf } from "./expected.ts";
import { type Performance, perform, type Scene, versionIdOf } from "./scene.ts";
import { complaintsAbout, type Sent } from "./witness.ts";

export type Verb = "rotate" | "undo" | "grant" | "revoke" | "release" | "put back";
export type Tally = { updates: Record<Verb, number>; complaints: string[] };

type Service = Scene["services"][number];
/** How the granted file is mounted: with an owner and a mode of its own, so that losing them shows. */
const file = { target: "granted file", uid: "1000", gid: "1001", mode: 0o440 };

/** All five verbs on every service, or only the rotation and its undo, and what was wrong with the specs that were sent. */
export async function cycle(scene: Scene, verbs: "all" | "rotation" = "all"): Promise<Tally> {
  const tally: Tally = {
    updates: { rotate: 0, undo: 0, grant: 0, revoke: 0, release: 0, "put back": 0 },
    complaints: [],
  };
  const judge: Judge = (verb, sent, wanted, deedFor) => {
    const taken = sent.filter(({ isTaken }) => isTaken);
    tally.updates[verb] += taken.length;
    const ids = (all: readonly string[]) => all.toSorted().join();
    const isEach = ids(taken.map(({ serviceId }) => serviceId)) === ids(wanted.map(({ id }) => id));
    if (!isEach) tally.complaints.push(`${verb}: ${taken.length} updates for ${wanted.length} services`);
    tally.complaints.push(...complaintsAbout(sent, deedFor).map((each) => `${verb} ${each}`));
  };
  await rotateAndUndo(scene, judge, ["rotated"]);
  await rotateAndUndo(scene, judge, ["rotated", "other"]);
  if (verbs === "rotation") return tally;
  await grantRevokeAndRelease(scene, judge);
  tally.complaints.push(...(await whatIsNotAsBefore(scene)));
  await putBackAndUndo(scene, judge);
  tally.complaints.push(...(await whatIsNotAsBefore(scene)));
  await grantAndUndo(scene, judge);
  await revokeAndUndo(scene, judge);
  return tally;
}

type Judge = (verb: Verb, sent: readonly Sent[], wanted: readonly Service[], deedFor: (id: string) => Deed) => void;

/** One secret, or a group of two: each service is moved once, with all that it holds of them. */
async function rotateAndUndo(scene: Scene, judge: Judge, names: readonly ("rotated" | "other")[]): Promise<void> {
  const { rotated, older, other } = scene.objects;
  const members = names.map((secretName) => {
    const fromObjectIds = (secretName === "rotated" ? [rotated, older] : [other]).map(({ objectId }) => objectId);
    const named = { secretName, secretId: `secret-${secretName}`, objectName: `${secretName}_v3` };
    const version = sampleVersion({ ...named, versionId: `version-3-of-${secretName}`, number: 3 });
    return { fromObjectIds, version };
  });
  const heldIn = (spec: Document) => {
    const held = new Set(entriesOf(spec).map((entry) => textAt(entry, "SecretID") ?? ""));
    return members.filter(({ fromObjectIds }) => fromObjectIds.some((id) => held.has(id)));
  };
  const holders = scene.services.filter(({ spec }) => heldIn(spec).length > 0);
  if (holders.length === 0) return;
  const edits = (id: string) => {
    const { spec } = holders.find((each) => each.id === id) as Service;
    return heldIn(spec).map(({ fromObjectIds, version: { versionId } }): PlannedEdit => {
      return { edit: "replace", fromObjectIds, to: { object: "created", versionId }, targets: [] };
    });
  };
  const create = members.map(({ version }) => version);
  const { sent, undone, operation } = await perform(
    scene,
    { ...planOf("rotate", "rotated", holders, edits), create },
    holders.length,
  );
  const made = members.map(({ fromObjectIds, version }) => {
    const object = findStep(operation, "create", version.versionId)?.facts.object;
    return { fromObjectIds, end: { objectId: object?.id ?? "", objectName: object?.name ?? "" } };
  });
  const to = ({ objectId }: Pick<ObjectEnd, "objectId">) =>
    made.find(({ fromObjectIds }) => fromObjectIds.includes(objectId))?.end;
  judge("rotate", sent, holders, () => ({ deed: "move", to }));
  judge("undo", undone, holders, (id) => ({
    deed: "move",
    to: ({ objectId, target }) =>
      made.some(({ end }) => end.objectId === objectId) ? endBefore(sent, id, target) : undefined,
  }));
}

/** What stood at a target in the spec that the rotation had read. */
function endBefore(sent: readonly Sent[], serviceId: string, target: string): ObjectEnd | undefined {
  const before = sent.find((each) => each.serviceId === serviceId)?.before;
  const entry = before && entriesOf(before).find((each) => targetOf(each) === target && textAt(each, "SecretID"));
  return entry && { objectId: textAt(entry, "SecretID") ?? "", objectName: textAt(entry, "SecretName") ?? "" };
}

/** What runs to end is never released: it holds an object of its own, so that the others can be. */
async function grantRevokeAndRelease(scene: Scene, judge: Judge): Promise<void> {
  const { services, objects } = scene;
  const quiet = services.filter(({ spec }) => !runsToEnd(spec));
  const endFor = (id: string) => (quiet.some((each) => each.id === id) ? objects.granted : objects.kept);
  const granted = await grant(scene, endFor);
  judge("grant", granted.sent, services, (id) => ({ deed: "add", end: endFor(id), ...file }));
  const takeOut = (id: string): Deed => ({ deed: "take out", objectId: endFor(id).objectId, target: file.target });
  const edits = (id: string): PlannedEdit[] => [{ edit: "remove", objectId: endFor(id).objectId, target: file.target }];
  const revoked = await perform(scene, planOf("revoke", "granted", services, edits));
  judge("revoke", revoked.sent, services, takeOut);
  judge("release", (await retire(scene, "granted")).sent, quiet, () => ({ deed: "nothing" }));
  judge("release", (await retire(scene, "kept")).sent, [], () => ({ deed: "nothing" }));
}

async function grantAndUndo(scene: Scene, judge: Judge): Promise<void> {
  const { services, objects } = scene;
  const { sent, undone } = await grant(scene, () => objects.other, services.length);
  judge("grant", sent, services, () => ({ deed: "add", end: objects.other, ...file }));
  const takeOut: Deed = { deed: "take out", objectId: objects.other.objectId, target: file.target };
  judge("undo", undone, services, () => takeOut);
}

/** Another owner and mode for the first reference of each service, and for every other service another version as well. */
async function putBackAndUndo(scene: Scene, judge: Judge): Promise<void> {
  const { services, firstOf } = withReferences(scene);
  if (services.length === 0) return;
  const access = { uid: "4001", gid: "4002", mode: 0o750 };
  const endFor = (id: string): ObjectEnd => {
    const { objectId, objectName } = firstOf(id);
    return services.findIndex((each) => each.id === id) % 2 === 0 ? { objectId, objectName } : scene.objects.other;
  };
  const plan = planOf("put-back", "rotated", services, (id) => {
    const { objectId, target } = firstOf(id);
    return [{ edit: "set-file", objectId, target, to: { object: "existing", ...endFor(id) }, ...access }];
  });
  const { sent, undone } = await perform(scene, plan, services.length);
  judge("put back", sent, services, (id) => {
    const { objectId, target } = firstOf(id);
    return { deed: "set file", objectId, target, end: endFor(id), ...access };
  });
  judge("undo", undone, services, (id) => {
    const { objectId, objectName, target, uid, gid, mode } = firstOf(id);
    return { deed: "set file", objectId: endFor(id).objectId, target, end: { objectId, objectName }, uid, gid, mode };
  });
}

/** The first reference of each service: what is put back then is a new entry at the end. */
async function revokeAndUndo(scene: Scene, judge: Judge): Promise<void> {
  const { services, firstOf } = withReferences(scene);
  if (services.length === 0) return;
  const plan = planOf("revoke", "rotated", services, (id) => {
    const { objectId, target } = firstOf(id);
    return [{ edit: "remove", objectId, target }];
  });
  const { sent, undone } = await perform(scene, plan, services.length);
  judge("revoke", sent, services, (id) => ({ deed: "take out", ...firstOf(id) }));
  judge("undo", undone, services, (id) => {
    const { objectId, objectName, target, uid, gid, mode } = firstOf(id);
    return { deed: "add", end: { objectId, objectName }, target, uid, gid, mode };
  });
}

/** The services that hold a secret, and the first that each of them holds. */
function withReferences({ services }: Scene): { services: Service[]; firstOf(id: string): Reference } {
  const first = new Map<string, Reference>();
  for (const { id, spec } of services) {
    const entry = entriesOf(spec).find((each) => textAt(each, "SecretID"));
    if (entry) first.set(id, referenceOf(entry));
  }
  return {
    services: services.filter(({ id }) => first.has(id)),
    firstOf(id) {
      const reference = first.get(id);
      if (!reference) throw new Error(`${id} holds no secret.`);
      return reference;
    },
  };
}

type Reference = ObjectEnd & { target: string; uid: string; gid: string; mode: number };

function referenceOf(entry: Document): Reference {
  const mode = at(entry, "File", "Mode");
  return {
    objectId: textAt(entry, "SecretID") ?? "",
    objectName: textAt(entry, "SecretName") ?? "",
    target: targetOf(entry),
    uid: textAt(entry, "File", "UID") ?? "0",
    gid: textAt(entry, "File", "GID") ?? "0",
    mode: mode ? Number(compact(mode)) : 0,
  };
}

function grant(scene: Scene, endFor: (id: string) => ObjectEnd, undoAfter?: number): Promise<Performance> {
  const edits = (id: string): PlannedEdit[] => [{ edit: "add", to: { object: "existing", ...endFor(id) }, ...file }];
  return perform(scene, planOf("grant", "granted", scene.services, edits), undoAfter);
}

function retire(scene: Scene, name: "granted" | "kept"): Promise<Performance> {
  const { objectId, objectName } = scene.objects[name];
  const secret = { secretId: `secret-${name}`, secretName: name };
  const versionId = versionIdOf(objectId);
  const more = { ...secret, objectName, versionId, keepSeconds: 0, isStackConfirmed: true };
  return perform(scene, { ...planOf("retire", name, [], () => []), retire: [sampleRetirement(objectId, more)] });
}

function planOf(
  kind: Plan["kind"],
  secretName: string,
  services: readonly Service[],
  edits: (serviceId: string) => PlannedEdit[],
): Partial<Plan> {
  return {
    kind,
    secrets: [{ secretId: `secret-${secretName}`, secretName, fromVersion: null, toVersion: null }],
    changes: services.map(({ id, name, spec }) =>
      sampleChange(id, edits(id), {
        serviceName: name,
        soakSeconds: 0,
        kind: runsToEnd(spec) ? "runs-to-end" : "long-running",
      }),
    ),
  };
}

/** Without tasks, by the spec alone. */
function runsToEnd(spec: Document): boolean {
  if (at(spec, "Mode", "ReplicatedJob") ?? at(spec, "Mode", "GlobalJob")) return true;
  const replicas = at(spec, "Mode", "Replicated", "Replicas")?.text;
  if (at(spec, "Mode", "Replicated") && (replicas === "0" || replicas === undefined)) return false;
  const condition = textAt(spec, "TaskTemplate", "RestartPolicy", "Condition");
  return condition === "none" || condition === "on-failure";
}

/** Rotated and undone, granted, revoked and released: every spec has to be what it was, letter by letter. */
async function whatIsNotAsBefore({ gateway, witness, services }: Scene): Promise<string[]> {
  await gateway.listServices();
  return services.flatMap(({ id, name, spec }) => {
    const now = witness.specOf(id);
    // An empty list is the one trace: Docker keeps none, and Skep leaves it out as Docker would.
    const hasEmptyList = at(spec, "TaskTemplate", "ContainerSpec", "Secrets") && entriesOf(spec).length === 0;
    return hasEmptyList || (now && compact(now) === compact(spec)) ? [] : [`in the end: ${name} is not what it was`];
  });
}
