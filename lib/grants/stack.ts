import "server-only";
import type { PlannedChange, PlanWarning } from "#lib/operations/schema.ts";
import { operationLabel } from "#lib/swarm/labels.ts";
import { pathOfTarget, type SecretObject } from "#lib/swarm/schema.ts";
import { octal, someOf } from "#lib/words.ts";
import { warning } from "./warnings.ts";

export const stackLabel = "com.docker.stack.namespace";

/** `isFromSkep`: no file has named what services leave, unless somebody wrote it there since. */
type Renamed = { name: string; from: SecretObject; toName: string; isFromSkep?: boolean };
type Moved = Renamed & { changes: PlannedChange[] };

/**
 * The next deploy of a stack sets references as its file says: it would undo what Skep moves, until the file names the
 * same. Whatever has to change in one file is said once, with lines for all of its secrets.
 */
export function movedInStack(given: readonly Moved[]): PlanWarning[] {
  const moved = given.map((each) => ({ ...each, isFromSkep: operationLabel in each.from.labels }));
  return stacksOf(moved.flatMap(({ changes }) => changes)).flatMap((stack) => {
    const here = moved.filter(({ changes }) => stacksOf(changes).includes(stack));
    const isMadeByIt = ({ from }: Moved) => from.labels[stackLabel] === stack;
    const kinds = [here.filter(isMadeByIt), here.filter((each) => !isMadeByIt(each))];
    return kinds.flatMap((secrets) => {
      const [first, ...others] = secrets;
      if (!first) return [];
      const { sentence, copy } = stackLine(stack, first, others);
      return [warning("stack-would-undo", sentence, { copy })];
    });
  });
}

/** The line of a stack's file that has to change, and lines to copy in its place; for others of the same kind as well. */
export function stackLine(
  stack: string,
  secret: Renamed,
  others: readonly Renamed[] = [],
): { sentence: string; copy: { title: string; text: string } } {
  const all = [secret, ...others];
  const older = all.some(({ isFromSkep }) => isFromSkep) ? " or an older one" : "";
  const names = `${someOf(all.map(({ from }) => from.name))}${older}`;
  const [value, that] = others.length > 0 ? ["values", "those"] : ["value", "that"];
  const lines = secretLines(all.map(({ name, toName }) => [composeKey(name, stack), toName]));
  if (secret.from.labels[stackLabel] === stack) {
    const own = others.length > 0 ? "files of its own" : "a file of its own";
    const sentence = `The stack ${stack} may make ${names} from ${own}: a redeploy would bring the old ${value} back. Put these lines in place of ${that}.`;
    return { sentence, copy: { title: "Copy the lines", text: lines } };
  }
  const line =
    others.length > 0 ? "put these lines in place of those" : `change the line to \`name: ${secret.toName}\``;
  const sentence = `The stack file of ${stack} may still name ${names}. A redeploy would then undo this: ${line}.`;
  return { sentence, copy: { title: "Copy the override", text: `${versionHint}${lines}` } };
}

export function grantedInStack(
  change: PlannedChange,
  secret: { name: string; objectName: string },
  file: { target: string; uid: string; gid: string; mode: number },
): PlanWarning[] {
  if (change.stack === null || change.leftOut) return [];
  const { stack, serviceName } = change;
  const key = composeKey(secret.name, stack);
  const sentence = `The stack file of ${stack} does not know of this grant. A redeploy would take it away again: deploy with this override.`;
  const text = `${versionHint}services:
  ${composeKey(serviceName, stack)}:
    secrets:
      - source: ${key}
        target: ${file.target}
        uid: "${file.uid}"
        gid: "${file.gid}"
        mode: ${octal(file.mode)}
${secretLines([[key, secret.objectName]])}`;
  return [warning("stack-would-undo", sentence, { serviceName, copy: { title: "Copy the override", text } })];
}

export function revokedInStack(change: PlannedChange, secretName: string): PlanWarning[] {
  if (change.stack === null || change.leftOut) return [];
  const { stack, serviceName } = change;
  const service = composeKey(serviceName, stack);
  const sentence = `The stack file of ${stack} may still list ${secretName} under ${service}. A redeploy would grant it again: take it out there too.`;
  return [warning("stack-would-undo", sentence, { serviceName })];
}

/** How a stack file would use it; the key is a guess that the comment in the override names as such. */
export function composeLines(secretName: string, objectName: string, target: string): string {
  const variable = (target.split("/").at(-1) ?? target).toUpperCase().replace(/[^A-Z0-9]+/g, "_");
  // The short form would name the file after the secret.
  const mount =
    target === secretName
      ? ` [${secretName}]`
      : `
      - source: ${secretName}
        target: ${target}`;
  return `services:
  app:
    environment:
      ${variable}_FILE:
        ${pathOfTarget(target)}
    secrets:${mount}
${secretLines([[secretName, objectName]])}`;
}

/** The CLI refuses to merge files whose `version` lines differ. */
const versionHint = `# Repeat the "version:" line of your stack file here, if it has one,
# and use the names that your stack file uses.
`;

function secretLines(named: readonly (readonly [key: string, objectName: string])[]): string {
  const each = named.map(
    ([key, objectName]) => `  ${key}:
    external: true
    name: ${objectName}
`,
  );
  return `secrets:
${each.join("")}`;
}

function composeKey(name: string, stack: string): string {
  return name.startsWith(`${stack}_`) ? name.slice(stack.length + 1) : name;
}

function stacksOf(changes: PlannedChange[]): string[] {
  const stacks = changes.flatMap(({ stack, leftOut }) => (stack === null || leftOut ? [] : [stack]));
  return [...new Set(stacks)].sort();
}
