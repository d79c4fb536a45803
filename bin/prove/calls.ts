import type { SwarmCall } from "#lib/audit/schema.ts";
import { type Document, readDocument } from "#lib/operations/witness/document.ts";
import type { Deed } from "#lib/operations/witness/expected.ts";
import type { Call, Outage } from "./between.ts";
import { complaintsAgainst, type Deeds } from "./deeds.ts";
import type { Life } from "./life.ts";

/** All that went by on the way to the Swarm, and what may have. */
export type Traffic = {
  calls: readonly Call[];
  lives: readonly Pick<Life, "faults" | "said">[];
  /** With the objects that each had in the beginning. */
  services: readonly { id: string; name: string; objectIds: readonly string[] }[];
  deeds: Deeds;
  /** Whether services may be put back. Where the old value no longer works they may not (R7). */
  mayGoBack: boolean;
  outage: Outage | null;
  specAt(serviceId: string, versionIndex: string): Document | undefined;
};

/** Every promise about calls that was broken, by its number in docs/engine.md. */
export function brokenCalls(all: Traffic): string[] {
  const calls = all.calls.filter((call) => isTaken(call) || isWhole(call));
  const traffic = { ...all, calls };
  return [...strangeCalls(traffic), ...calls.flatMap((call) => brokenBy(call, traffic)), ...repeated(traffic)];
}

/** Each call that went by belongs to a point of its own, that sent it: one that died before sent nothing. */
function strangeCalls({ calls, lives }: Traffic): string[] {
  const points = lives.flatMap(({ said, faults }) => said.filter(({ number }) => !isUnsent(number, faults)));
  const left = points.map(({ what, about }) => `${what} ${about}`);
  return calls.flatMap((call) => {
    const place = left.indexOf(pointOf(call));
    if (place >= 0) left.splice(place, 1);
    return place >= 0 ? [] : [`R14: a call past the ports: ${call.method} ${call.path}`];
  });
}

function isUnsent(number: number | null, faults: Life["faults"]): boolean {
  return faults.some(({ at, variant }) => at === number && variant === "dies before");
}

function pointOf(call: Call): string {
  const { kind, id, verb, version } = partsOf(call);
  if (kind === "secrets" && id === "create") return `swarm.createSecret ${nameIn(call)}`;
  if (kind === "secrets" && call.method === "DELETE") return `swarm.removeSecret ${id}`;
  return kind === "services" && verb === "update" ? `swarm.updateService ${id} ${version}` : "none";
}

function brokenBy(call: Call, { deeds, mayGoBack, outage, specAt }: Traffic): string[] {
  const { method, path, at, intents, locked, neededBy } = call;
  const { kind, id, version } = partsOf(call);
  const found: string[] = [];
  if (!intents.some((intent) => isFor(intent, call))) found.push(`R14: ${method} ${path} was not written down before`);
  if (isTaken(call)) found.push(...neededBy.map((who) => `R3: removed what ${who}`));
  if (outage && at > outage.from + graceMilliseconds && at < (outage.until ?? Number.POSITIVE_INFINITY))
    found.push(`R11: ${method} ${path} while Postgres was away`);
  if (kind !== "services" || call.body.length === 0) return found;
  if (!locked.includes(id)) found.push(`R9: ${path} while nobody had locked the service`);
  const before = specAt(id, version);
  if (!before) return [...found, `R4: ${path} for a version that nobody had read`];
  const allowed: Deed[] = [deeds.forward, { deed: "nothing" }, ...(mayGoBack ? [deeds.back] : [])];
  const complaints = complaintsAgainst(before, readDocument(call.body.toString()), allowed);
  return [...found, ...complaints.map((each) => `R4: ${path}: ${each}`)];
}

/** A call that had its intent before Postgres went away may still be on its way. */
const graceMilliseconds = 1000;

/** R10: at most one effective change of a service in each direction. What is sent again in between changes nothing. */
function repeated({ calls, services }: Traffic): string[] {
  return services.flatMap(({ id, name, objectIds }) => {
    const applied = calls.filter((call) => partsOf(call).id === id && isTaken(call) && call.body.length > 0);
    const states = [objectIds, ...applied.map(({ body }) => objectsIn(body))].map((each) => each.join());
    const effective = states.filter((state, index) => index > 0 && state !== states[index - 1]);
    const again = effective.filter((state, index) => effective.indexOf(state) !== index);
    return again.length > 0 ? [`R10: ${name} was moved to the same objects ${again.length + 1} times`] : [];
  });
}

type SpecJson = { TaskTemplate: { ContainerSpec: { Secrets?: { SecretID: string }[] } } };

function objectsIn(body: Buffer): string[] {
  const spec = JSON.parse(body.toString()) as SpecJson;
  return (spec.TaskTemplate.ContainerSpec.Secrets ?? []).map(({ SecretID }) => SecretID);
}

function isTaken({ statusCode }: Call): boolean {
  return statusCode !== null && statusCode < 300;
}

function isFor(intent: SwarmCall, call: Call): boolean {
  const { kind, id, version } = partsOf(call);
  if (kind === "secrets" && id === "create") {
    return intent.call === "secret.create" && intent.objectName === nameIn(call);
  }
  if (call.method === "DELETE") return intent.call === "secret.remove" && intent.objectId === id;
  return intent.call === "service.update" && intent.service.id === id && String(intent.versionIndex) === version;
}

function partsOf({ path }: Call): { kind: string; id: string; verb: string; version: string } {
  const { pathname, searchParams } = new URL(path, "http://docker");
  const [, kind = "", id = "", verb = ""] = pathname.split("/");
  return { kind, id, verb, version: searchParams.get("version") ?? "" };
}

/** A process that dies while it speaks has said nothing that anybody could act on. */
function isWhole({ method, body }: Call): boolean {
  try {
    return method === "DELETE" || typeof JSON.parse(body.toString()) === "object";
  } catch {
    return false;
  }
}

function nameIn({ body }: Call): string {
  return (JSON.parse(body.toString()) as { Name: string }).Name;
}
