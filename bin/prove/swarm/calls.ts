import { type Document, readDocument } from "#lib/operations/witness/document.ts";
import { complaintsOf, type Deed } from "#lib/operations/witness/expected.ts";
import type { ReferenceChange } from "#lib/swarm/schema.ts";
import type { Intent } from "./ledger.ts";
import type { Write } from "./wire.ts";

/** The calls of one rotation: what was written down, what went by on all ways to all managers. */
export type Calls = {
  intents: readonly Intent[];
  writes: readonly Write[];
  specAt(serviceId: string, versionIndex: string): Document | undefined;
};

/** Every promise about calls that was broken, by its number in docs/engine.md. */
export function brokenCalls({ intents, writes, specAt }: Calls): string[] {
  const found = intents.flatMap(({ callKey, ends }) => {
    return ends.length === 1 ? [] : [`R14: ${callKey} was written down and has ${ends.length} ends`];
  });
  const byIntent = new Map<Intent, Write[]>();
  for (const write of writes) {
    const intent = intents.findLast((each) => each.at <= write.at && isFor(each, write));
    if (!intent) found.push(`R14: ${write.method} ${write.path} was not written down before`);
    else byIntent.set(intent, [...(byIntent.get(intent) ?? []), write]);
    if (write.method === "DELETE" && isTaken(write))
      found.push(...(write.neededBy ?? []).map((who) => `R3: removed what ${who} needs`));
  }
  for (const [intent, sent] of byIntent) {
    const { callKey, call } = intent;
    const taken = sent.filter(isTaken);
    if (taken.length > 1) found.push(`R10: ${callKey} had effect ${taken.length} times`);
    found.push(
      ...sent
        .filter((write) => isTaken(write) && isLate(intent, write))
        .map(() => `R10: ${callKey} had effect after its end`),
    );
    for (const write of sent) {
      if (call.call !== "service.update" || write.body === "") continue;
      const before = specAt(call.service.id, String(call.versionIndex));
      const complaints = before
        ? complaintsOf(before, readDocument(write.body), deedOf(call.changes))
        : ["it was sent for a version that nobody had read"];
      found.push(...complaints.map((each) => `R4: ${callKey}: ${each}`));
    }
  }
  return [...found, ...repeated(intents, [...byIntent])];
}

/** R10: by answers and by what Skep itself wrote of the ends, one effective change of a service and direction at most. */
function repeated(intents: readonly Intent[], sent: [Intent, Write[]][]): string[] {
  const effective = intents.filter((intent) => {
    const isSaid = intent.ends.some(({ result }) => result === "applied");
    return isSaid || sent.some(([each, writes]) => each === intent && writes.some(isTaken));
  });
  const byTurn = Map.groupBy(effective, ({ call }) => {
    if (call.call === "secret.create") return `create ${call.secret.id}`;
    if (call.call === "secret.remove") return `remove ${call.objectId}`;
    return `${call.why} ${call.service.id}`;
  });
  return [...byTurn].flatMap(([turn, all]) => {
    const isNothing = turn.startsWith("release") || turn.startsWith("fence");
    return all.length > 1 && !isNothing ? [`R10: ${all.length} effective calls to ${turn}`] : [];
  });
}

/** How many calls began when their end was written down already: what a frozen instance sends when it goes on. */
export function lateCalls({ intents, writes }: Pick<Calls, "intents" | "writes">): number {
  return writes.filter((write) => intents.some((intent) => isFor(intent, write) && isLate(intent, write))).length;
}

/** Removals that were not refused, and of which nobody could tell in their moment what still needed the object. */
export function blindRemovals(writes: readonly Write[]): number {
  const removals = writes.filter((write) => write.method === "DELETE" && (isTaken(write) || write.statusCode === null));
  return removals.filter(({ neededBy }) => neededBy === null).length;
}

function isLate({ ends: [end] }: Intent, { at }: Write): boolean {
  return end !== undefined && end.at < at;
}

function isTaken({ statusCode }: Write): boolean {
  return statusCode !== null && statusCode < 300;
}

function isFor({ call }: Intent, { method, path, body }: Write): boolean {
  const [, kind, id = "", verb] = new URL(path, "http://docker").pathname.split("/");
  if (kind === "secrets" && id === "create") {
    return call.call === "secret.create" && (body === "" || body.includes(`"${call.objectName}"`));
  }
  if (method === "DELETE") return call.call === "secret.remove" && call.objectId === id;
  const version = new URL(path, "http://docker").searchParams.get("version");
  return (
    verb === "update" &&
    call.call === "service.update" &&
    call.service.id === id &&
    String(call.versionIndex) === version
  );
}

/** Exactly the references that its intent says; nothing, where it says none. */
function deedOf(changes: readonly ReferenceChange[]): Deed {
  if (changes.length === 0) return { deed: "nothing" };
  return {
    deed: "move",
    to({ objectId, target }) {
      const change = changes.find((each) => each.fromObjectId === objectId && each.target === target);
      if (!change?.toObjectId || !change.toObjectName) return undefined;
      return { objectId: change.toObjectId, objectName: change.toObjectName };
    },
  };
}

/** The calls that are about these subjects: services, objects and names. */
export function aboutThem(writes: readonly Write[], subjects: readonly string[]): Write[] {
  return writes.filter(({ path, body }) => {
    const [, kind, id = ""] = new URL(path, "http://docker").pathname.split("/");
    if (kind === "secrets" && id === "create") return subjects.some((name) => body.includes(`"${name}`));
    return subjects.includes(id);
  });
}

/** R14: calls that are about nothing that anybody asked Skep for. One that broke off before it said its name is none. */
export function strangeCalls(writes: readonly Write[], known: readonly string[]): string[] {
  const strange = writes.filter((write) => aboutThem([write], known).length === 0);
  return strange
    .filter(({ statusCode, body }) => statusCode !== null || body !== "")
    .map(({ method, path, owner }) => `R14: ${owner} sent ${method} ${path}, which belongs to no rotation`);
}
