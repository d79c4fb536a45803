import type { AskedValue } from "#components/plan/asked-values.tsx";
import type { Generator } from "#lib/generate/schema.ts";
import { isAsked, isMade } from "#lib/rotation/schema.ts";

/** What an action's page has in its address: one text or several per name. */
export type Fields = Record<string, string | string[]>;

/** The address as the schemas of the verbs read it: `include[]` is the list `include`. */
export function fieldsOf(query: Record<string, string | string[] | undefined>): Fields {
  const fields: Fields = {};
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === "" || name === "__proto__") continue;
    if (name.endsWith("[]")) fields[name.slice(0, -2)] = typeof value === "string" ? [value] : value;
    else fields[name] = typeof value === "string" ? value : (value[0] ?? "");
  }
  return fields;
}

/** The same for the form that sends them: lists under `name[]`, so that a list of one stays a list. */
export function hiddenOf(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [Array.isArray(value) ? `${name}[]` : name, value]),
  );
}

/** What the schemas of the verbs read: what a form asks in parts, put together. */
export function inputOf(fields: Fields): Fields {
  const parted = { ...generatorIn(fields), ...grantsIn(fields), ...versionsIn(fields), ...secretsIn(fields) };
  const input = { ...fields, ...parted };
  const own = Object.entries(input).filter(([name]) => !isPart(name));
  // Whoever is left out is no canary.
  return Object.fromEntries(
    own.filter(([name, value]) => name !== "canaryServiceId" || !listOf(fields, "leaveOut").includes(String(value))),
  );
}

/** The parts that say how values are made: the reverse of what `inputOf` does with them. */
export function generatorFields(generator: Generator, suffix = ""): Fields {
  const { type, ...settings } = generator;
  const texts = Object.entries(settings).filter(([, value]) => value !== undefined && value !== false);
  const named = [["make", type], ...texts].map(([name, value]) => [`${name}${suffix}`, String(value)]);
  return Object.fromEntries(named);
}

export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}

export function listOf(fields: Fields, name: string): string[] {
  const value = fields[name];
  return Array.isArray(value) ? value : value ? [value] : [];
}

/** The one value that a person is to enter, where she said that she does. */
export function askedIn(fields: Fields, name: string): AskedValue[] {
  return textOf(fields, "source") === "typed" ? [{ field: "value", secretId: null, name }] : [];
}

/** The generator that the parts of this suffix describe, as a schema reads it; nothing where they ask for none. */
export function generatorOf(fields: Fields, suffix = ""): object | null {
  const part = (name: string, usual = "") => textOf(fields, `${name}${suffix}`) || usual;
  const type = part("make");
  const alphabet = part("alphabet", "letters-digits");
  switch (type) {
    case "":
      return null;
    case "uuid":
      return { type };
    case "password":
      return {
        type,
        alphabet,
        length: part("length", "32"),
        withoutLookAlikes: part("withoutLookAlikes") || undefined,
        ...(alphabet === "own" && { characters: part("characters") }),
      };
    default:
      return { type, bytes: part("bytes", "32") };
  }
}

/** The secrets of a group that are not left out, with what their fields are called by. */
export function chosenSecrets(fields: Fields): { secretId: string; suffix: string }[] {
  const out = listOf(fields, "out");
  const all = listOf(fields, "secret").map((secretId, place) => ({ secretId, suffix: `:${place}` }));
  return all.filter(({ secretId }) => !out.includes(secretId));
}

const parts = [
  ...["asked", "make", "alphabet", "characters", "withoutLookAlikes", "length", "bytes", "grantTo", "adopt"],
  ...["secret", "out", "differs", "stack", "service"],
];

function isPart(name: string): boolean {
  const ofOne =
    /^(target|uid|gid|mode|number|source|oldStaysValid|make|alphabet|characters|withoutLookAlikes|length|bytes):/;
  return parts.includes(name) || ofOne.test(name);
}

/** Where it is not asked what a value is made of, such as in the settings, the generator is what is asked for. */
function generatorIn(fields: Fields): Fields {
  const source = textOf(fields, "source");
  const generator = source === "" || isMade(source) ? generatorOf(fields) : null;
  return generator ? { generator: JSON.stringify(generator) } : {};
}

function secretsIn(fields: Fields): Fields {
  if (!("secret" in fields)) return {};
  const secrets = chosenSecrets(fields).map(({ secretId, suffix }) => {
    const source = textOf(fields, `source${suffix}`);
    // What was folded away again does not count any more.
    const differs = isMade(source) && listOf(fields, "differs").includes(secretId);
    const oldStaysValid = differs || isAsked(source) ? textOf(fields, `oldStaysValid${suffix}`) : "";
    return { secretId, source, generator: differs ? generatorOf(fields, suffix) : null, oldStaysValid };
  });
  return { secrets: JSON.stringify(secrets) };
}

function grantsIn(fields: Fields): Fields {
  const grants = listOf(fields, "grantTo").map((serviceId) => {
    const part = (name: string) => textOf(fields, `${name}:${serviceId}`);
    const file = { target: part("target"), uid: part("uid"), gid: part("gid"), mode: part("mode") };
    return JSON.stringify({ serviceId, ...file });
  });
  return grants.length > 0 ? { grants } : {};
}

/** One that is ticked without a number is asked for it, by the schema. */
function versionsIn(fields: Fields): Fields {
  if (!("adopt" in fields)) return {};
  const versions = listOf(fields, "adopt").map((objectId) => {
    return { objectId, number: textOf(fields, `number:${objectId}`) || undefined };
  });
  return { versions: JSON.stringify(versions) };
}
