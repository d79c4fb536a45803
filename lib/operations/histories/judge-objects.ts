import "server-only";
import { attemptLabel, operationLabel, versionLabel } from "#lib/swarm/labels.ts";
import { isOfRequest } from "../planned-value.ts";
import type { Followed, Sight, WriteSeen } from "./sight.ts";

/** R2: `<name>_v<n>`, above every number of this very name, with labels by which it is found again. */
export function nameIsNext({ versionNumbers }: Sight, { operation }: Followed, write: WriteSeen): string[] {
  if (write.name !== "createSecret") return [];
  const { labels, subject } = write;
  const planned = operation.plan.create.find(({ versionId }) => versionId === labels[versionLabel]);
  if (!planned || labels[operationLabel] !== operation.id || !labels[attemptLabel]) {
    return [`R2: ${subject} cannot be found again by its labels`];
  }
  const [, name, digits] = /^(.*)_v(\d+)$/.exec(subject) ?? [];
  if (name !== planned.secretName) return [`R2: ${subject} is no name of ${planned.secretName}`];
  const others = (versionNumbers.get(planned.secretId) ?? []).filter((had) => had.versionId !== planned.versionId);
  const known = Math.max(0, ...others.map(({ number }) => number));
  return Number(digits) > known ? [] : [`R2: ${subject} is not above v${known}, which is known`];
}

/**
 * R2: one object for each version; a typed value that got lost may leave one of an earlier attempt behind, and a
 * password that got lost one that was given up.
 */
export function onlyOneObject(sight: Sight, followed: Followed, write: WriteSeen): string[] {
  if (write.name !== "createSecret") return [];
  const versionId = write.labels[versionLabel] ?? "";
  const planned = followed.operation.plan.create.find((version) => version.versionId === versionId);
  const all = followed.made.get(versionId) ?? [];
  const made = all.filter((id) => sight.model.secrets.has(id) && !followed.givenUp.has(id));
  const isSameName = made.some((id) => sight.model.secrets.get(id)?.name === write.subject);
  // The same name once more cannot be taken twice: that is how an answer that was lost is made up for.
  if (made.length === 0 || isSameName || planned === undefined || isOfRequest(planned.value)) return [];
  return [`R2: a second object, ${write.subject}, for one version`];
}
