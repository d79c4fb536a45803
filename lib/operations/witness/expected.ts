import "server-only";
import { type Difference, differencesOf } from "./difference.ts";
import { at, compact, type Document, itemsAt, textAt } from "./document.ts";

export type ObjectEnd = { objectId: string; objectName: string };

/** What one update may do to the references of one spec. Everything that it does not say has to stay. */
export type Deed =
  | { deed: "move"; to(reference: { objectId: string; target: string }): ObjectEnd | undefined }
  | { deed: "add"; end: ObjectEnd; target: string; uid: string; gid: string; mode: number }
  | { deed: "set file"; objectId: string; target: string; end: ObjectEnd; uid: string; gid: string; mode: number }
  | { deed: "take out"; objectId: string; target: string }
  | { deed: "nothing" };

const secrets = ".TaskTemplate.ContainerSpec.Secrets";

/** What differs though it must not, and what does not though it must; empty when the update did its deed and nothing else. */
export function complaintsOf(before: Document, after: Document, deed: Deed): string[] {
  const [found, expected] = [differencesOf(before, after), expectedOf(before, deed)].map((all) => all.map(sentence));
  return [
    ...(found ?? []).filter((each) => !expected?.includes(each)).map((each) => `must not differ: ${each}`),
    ...(expected ?? []).filter((each) => !found?.includes(each)).map((each) => `must differ: ${each}`),
  ];
}

export function entriesOf(spec: Document): Document[] {
  return itemsAt(spec, "TaskTemplate", "ContainerSpec", "Secrets");
}

export function targetOf(entry: Document): string {
  return textAt(entry, "File", "Name") ?? textAt(entry, "SecretName") ?? "";
}

function expectedOf(before: Document, deed: Deed): Difference[] {
  const entries = entriesOf(before);
  switch (deed.deed) {
    case "move":
      return entries.flatMap((entry, index) => movedEntry(entry, deed.to, `${secrets}[${index}]`));
    case "set file":
      return entries.flatMap((entry, index) => setEntry(entry, deed, `${secrets}[${index}]`));
    case "add":
      return [addedEntry(before, entries.length, deed)];
    case "take out":
      return takenOut(entries, deed);
    case "nothing":
      return [];
  }
}

function movedEntry(entry: Document, to: Extract<Deed, { deed: "move" }>["to"], path: string): Difference[] {
  const objectId = textAt(entry, "SecretID") ?? "";
  const end = to({ objectId, target: targetOf(entry) });
  if (!end) return [];
  return endsOf(end).flatMap(([name, text]) => changed(at(entry, name), text, `${path}.${name}`));
}

function setEntry(entry: Document, deed: Extract<Deed, { deed: "set file" }>, path: string): Difference[] {
  const { objectId, target, end, uid, gid, mode } = deed;
  if (textAt(entry, "SecretID") !== objectId || targetOf(entry) !== target) return [];
  const file = { UID: JSON.stringify(uid), GID: JSON.stringify(gid), Mode: String(mode) };
  return [
    ...endsOf(end).flatMap(([name, text]) => changed(at(entry, name), text, `${path}.${name}`)),
    ...Object.entries(file).flatMap(([name, text]) => changed(at(entry, "File", name), text, `${path}.File.${name}`)),
  ];
}

function endsOf({ objectId, objectName }: ObjectEnd): [name: string, text: string][] {
  return [
    ["SecretID", JSON.stringify(objectId)],
    ["SecretName", JSON.stringify(objectName)],
  ];
}

function changed(value: Document | undefined, after: string, path: string): Difference[] {
  const before = value ? compact(value) : null;
  return before === after ? [] : [{ path, before, after }];
}

function addedEntry(spec: Document, count: number, deed: Extract<Deed, { deed: "add" }>): Difference {
  const { end, target, uid, gid, mode } = deed;
  const file = `{"Name":${JSON.stringify(target)},"UID":"${uid}","GID":"${gid}","Mode":${mode}}`;
  const { objectId, objectName } = end;
  const entry = `{"File":${file},"SecretID":${JSON.stringify(objectId)},"SecretName":${JSON.stringify(objectName)}}`;
  const present = at(spec, "TaskTemplate", "ContainerSpec", "Secrets");
  if (present?.kind === "list") return { path: `${secrets}[${count}]`, before: null, after: entry };
  return { path: secrets, before: present ? compact(present) : null, after: `[${entry}]` };
}

/** Docker writes no empty list: with its last entry the list goes as well. */
function takenOut(entries: Document[], { objectId, target }: { objectId: string; target: string }): Difference[] {
  const isIt = (entry: Document) => textAt(entry, "SecretID") === objectId && targetOf(entry) === target;
  const index = entries.findIndex(isIt);
  const entry = entries[index];
  if (!entry) return [];
  if (entries.length === 1) return [{ path: secrets, before: `[${compact(entry)}]`, after: null }];
  return [{ path: `${secrets}[${index}]`, before: compact(entry), after: null }];
}

function sentence({ path, before, after }: Difference): string {
  return `${path}: ${before ?? "absent"} → ${after ?? "absent"}`;
}
