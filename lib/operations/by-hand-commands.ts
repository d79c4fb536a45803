import "server-only";
import { alphabetOf, type Generator } from "#lib/generate/schema.ts";
import type { SecretReference } from "#lib/swarm/schema.ts";
import type { PlannedVersion } from "./schema.ts";

/**
 * The one update that brings a service's secrets from `before` to `after`; null where they are the same. Docker's client
 * takes away by name, all files of that name at once, so what is to stay of it is given back in the same command.
 */
export function updateCommand(
  serviceName: string,
  before: readonly SecretReference[],
  after: readonly SecretReference[],
): string | null {
  const gone = without(before, after);
  const names = [...new Set(gone.map(({ objectName }) => objectName))];
  const added = after.filter((each) => names.includes(each.objectName) || !isIn(before, each));
  if (names.length + added.length === 0) return null;
  const lines = [
    "docker service update --detach=false",
    ...names.map((name) => `--secret-rm ${quoted(name)}`),
    ...added.map((each) => `--secret-add ${quoted(fields(each))}`),
    quoted(serviceName),
  ];
  return lines.join(" \\\n  ");
}

/** Sends the spec as it is once more: a rollout that the Swarm has paused goes on. */
export function resumeCommand(serviceName: string): string {
  return `docker service update --detach=false ${quoted(serviceName)}`;
}

/** The same once more, of a service that stands still: its previous spec is then the present one, and no task restarts. */
export function releaseCommand(serviceName: string): string {
  return `docker service update --detach ${quoted(serviceName)}`;
}

/**
 * Makes the object; the value comes from a pipe or a file, so that no shell keeps it in its history. A person has what
 * she typed, and is to have what she was to see, in a file that nobody else may read.
 */
export function createCommands({ objectName, labelsOf, templating, value }: PlannedVersion): string[] {
  const options = [
    ...(labelsOf?.keys ?? []).map(
      (key) => `--label ${quoted(`${key}=`)}${labelCommand(labelsOf?.objectId ?? "", key)}`,
    ),
    ...(templating === null ? [] : [`--template-driver ${quoted(templating)}`]),
  ];
  const create = ["docker secret create", ...options, quoted(objectName)].join(" ");
  if (value.from === "generated") return [`${freshValue(value.generator)} | ${create} -`];
  const file = quoted(valueFile(objectName));
  const made = value.from === "shown" ? [`${freshValue(value.generator)} > ${file}`] : [];
  return ["umask 077", ...made, `${create} ${file}`];
}

/** What Docker's client says of one label of an object, as one word of a shell. */
function labelCommand(objectId: string, key: string): string {
  const format = `{{index .Spec.Labels ${JSON.stringify(key)}}}`;
  return `"$(docker secret inspect --format ${quoted(format)} ${quoted(objectId)})"`;
}

/** Each object's own: of a group, no value may come to another's name. */
export function valueFile(objectName: string): string {
  return `./${objectName}.value`;
}

export function removeCommand(objectName: string): string {
  return `docker secret rm ${quoted(objectName)}`;
}

export function tasksCommand(serviceName: string): string {
  return `docker service ps --filter desired-state=running ${quoted(serviceName)}`;
}

/** All tasks that have not ended and whose own spec has one of these; `docker service ps` alone does not tell. */
export function usesCommand(objectNames: readonly string[]): string {
  const secrets = "{{with .Spec.ContainerSpec}}{{range .Secrets}} {{.SecretName}}{{end}}{{end}}";
  const format = `{{.Status.State}} {{.ID}}${secrets} `;
  const named = objectNames.map((name) => `index($0, " ${name} ")`).join(" || ");
  const lines = [
    "docker service ls -q",
    "xargs -r docker service ps -q --no-trunc",
    `xargs -r docker inspect --type task --format ${quoted(format)}`,
    `awk ${quoted(`$1 !~ /^(${endedStates})$/ && (${named})`)}`,
  ];
  return lines.join(" \\\n  | ");
}

const endedStates = "complete|shutdown|failed|rejected|remove|orphaned";

/** As a POSIX shell reads it back: one word, whatever is in it. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function freshValue(generator: Generator): string {
  switch (generator.type) {
    case "hex":
      return `openssl rand -hex ${generator.bytes} | tr -d '\\n'`;
    case "base64url":
      return `openssl rand -base64 ${generator.bytes} | tr '+/' '-_' | tr -d '=\\n'`;
    case "uuid":
      return "tr -d '\\n' < /proc/sys/kernel/random/uuid";
    case "password":
      return `LC_ALL=C tr -dc ${quoted(classOf(alphabetOf(generator)))} < /dev/urandom | head -c ${generator.length}`;
  }
}

/** For `tr`, a hyphen last is a hyphen, and a backslash is written twice. */
function classOf(characters: string): string {
  const others = characters.replaceAll("-", "").replaceAll("\\", "\\\\");
  return characters.includes("-") ? `${others}-` : others;
}

/** A line of CSV, which is what the client reads there. It takes a mode for octal only where a 0 comes first. */
function fields({ objectName, target, uid, gid, mode }: SecretReference): string {
  const all = [`source=${objectName}`, `target=${target}`, `uid=${uid}`, `gid=${gid}`, `mode=0${mode.toString(8)}`];
  return all.map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(",");
}

function without(references: readonly SecretReference[], others: readonly SecretReference[]): SecretReference[] {
  return references.filter((each) => !isIn(others, each));
}

function isIn(references: readonly SecretReference[], one: SecretReference): boolean {
  return references.some((each) => fields(each) === fields(one));
}
