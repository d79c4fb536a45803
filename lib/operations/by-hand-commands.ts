import "server-only";
import type { DockerEndpoint } from "#lib/env.ts";
import { alphabetOf } from "#lib/generate/schema.ts";
import type { SecretReference } from "#lib/swarm/schema.ts";
import { octal } from "#lib/words.ts";
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

/** Makes the object; the value comes from a pipe or a file, so that no shell keeps it in its history. */
export function createCommand({ objectName, labels, templating, value }: PlannedVersion): string {
  const options = [
    ...Object.entries(labels).map(([key, text]) => `--label ${quoted(`${key}=${text}`)}`),
    ...(templating === null ? [] : [`--template-driver ${quoted(templating)}`]),
  ];
  const create = ["docker secret create", ...options, quoted(objectName)].join(" ");
  return value.from === "typed" ? `${create} ./value` : `${freshValue(value.generator)} | ${create} -`;
}

export function removeCommand(objectName: string): string {
  return `docker secret rm ${quoted(objectName)}`;
}

/** Points Docker's client at the manager that Skep talks to. */
export function connectionCommand({ host, certPath, isTlsVerified }: DockerEndpoint): string {
  const settings = [
    `DOCKER_HOST=${quoted(host)}`,
    ...(certPath === null ? [] : [`DOCKER_CERT_PATH=${quoted(certPath)}`]),
    ...(isTlsVerified ? ["DOCKER_TLS_VERIFY=1"] : []),
  ];
  return `export ${settings.join(" ")}`;
}

export function tasksCommand(serviceName: string): string {
  return `docker service ps --filter desired-state=running ${quoted(serviceName)}`;
}

/** As a POSIX shell reads it back: one word, whatever is in it. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function freshValue(generator: Exclude<PlannedVersion["value"], { from: "typed" }>["generator"]): string {
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

/** A line of CSV, which is what the client reads there. */
function fields({ objectName, target, uid, gid, mode }: SecretReference): string {
  const all = [`source=${objectName}`, `target=${target}`, `uid=${uid}`, `gid=${gid}`, `mode=${octal(mode)}`];
  return all.map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(",");
}

function without(references: readonly SecretReference[], others: readonly SecretReference[]): SecretReference[] {
  return references.filter((each) => !isIn(others, each));
}

function isIn(references: readonly SecretReference[], one: SecretReference): boolean {
  return references.some((each) => fields(each) === fields(one));
}
