import type { Generator } from "#lib/generate/schema.ts";

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
  const input = { ...fields, ...generatorIn(fields), ...grantsIn(fields), ...versionsIn(fields) };
  const own = Object.entries(input).filter(([name]) => !isPart(name));
  // Whoever is left out is no canary.
  return Object.fromEntries(
    own.filter(([name, value]) => name !== "canaryServiceId" || !listOf(fields, "leaveOut").includes(String(value))),
  );
}

/** The parts that say how values are made: the reverse of what `inputOf` does with them. */
export function generatorFields(generator: Generator): Fields {
  const { type, ...settings } = generator;
  const texts = Object.entries(settings).filter(([, value]) => value !== undefined && value !== false);
  return { make: type, ...Object.fromEntries(texts.map(([name, value]) => [name, String(value)])) };
}

export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}

export function listOf(fields: Fields, name: string): string[] {
  const value = fields[name];
  return Array.isArray(value) ? value : value ? [value] : [];
}

const parts = ["asked", "make", "alphabet", "characters", "withoutLookAlikes", "length", "bytes", "grantTo", "adopt"];

function isPart(name: string): boolean {
  return parts.includes(name) || /^(target|uid|gid|mode|number):/.test(name);
}

function generatorIn(fields: Fields): Fields {
  const type = textOf(fields, "make");
  if (type === "" || textOf(fields, "source") === "typed") return {};
  const { alphabet = "letters-digits", characters = "", withoutLookAlikes, length = "32", bytes = "32" } = fields;
  const generator =
    type === "password"
      ? { type, alphabet, length, withoutLookAlikes, ...(alphabet === "own" && { characters }) }
      : type === "uuid"
        ? { type }
        : { type, bytes };
  return { generator: JSON.stringify(generator) };
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
