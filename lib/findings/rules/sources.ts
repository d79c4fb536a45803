import "server-only";
import type { BindingRecord, SecretRecord, VersionRecord } from "#lib/grants/records.ts";
import { agreeing, counted } from "#lib/words.ts";
import { finding, groupHref, type Rule, secretHref, secretsHeld, sentence } from "../input.ts";
import type { Fate, Finding } from "../schema.ts";

type Bound = SecretRecord & { binding: BindingRecord };

/** A source that gives nothing: one line, however many secrets wait for it. */
export const sourceFailing: Rule = ({ records }) => {
  const bySource = Map.groupBy(boundOf(records), ({ binding }) => binding.sourceId);
  return [...bySource.values()].flatMap((secrets) => {
    const [first] = secrets;
    const failure = first?.binding.sourceFailure;
    if (!first || !failure) return [];
    const waiting = `gives nothing to the ${agreeing(secrets.length, "secret", counted(secrets.length, "secret"))} bound to it`;
    return [
      finding({
        rule: "source-failing",
        severity: "soon",
        since: failure.since,
        parts: [...sentence`The source ${first.binding.sourceName}`, { text: ` ${waiting}`, isName: false }],
        hint: failure.sentence,
        mend: { label: "Look", href: "/settings/sources" },
      }),
    ];
  });
};

/** One secret that gets nothing although its source answers: its path gives no value, or nothing could be done with what it gave. */
export const bindingFailing: Rule = ({ records }) =>
  boundOf(records).flatMap(({ id, name, binding }) => {
    const { failure, sourceFailure, sourceName, path } = binding;
    if (!failure || sourceFailure) return [];
    const isOfSource = failure.code.startsWith("source-");
    return [
      finding({
        rule: "binding-failing",
        severity: "soon",
        since: failure.since,
        secretId: id,
        parts: isOfSource
          ? sentence`${name} gets nothing from ${path} at ${sourceName}`
          : sentence`${name} has another version at ${sourceName} that could not be begun`,
        hint: failure.sentence,
        mend: { label: "Look", href: secretHref(id) },
      }),
    ];
  });

/** A version at the source that the Swarm has not, and what is known of it. Which of both values is newer, nobody can say. */
export const sourceNewer: Rule = ({ records, operations }) => {
  const busy = secretsHeld(operations);
  const others = boundOf(records).flatMap((secret) => (busy.has(secret.id) ? [] : otherAtSource(secret)));
  return others.map((other): Finding => {
    const { fate, secret } = other;
    const { id, name, binding } = secret;
    const isLeaked = fate === "leaked";
    return finding({
      rule: "source-newer",
      severity: "soon",
      secretId: id,
      fate,
      parts: [...sentence`${name} has another version at ${binding.sourceName}`, { text: words[fate], isName: false }],
      hint: isLeaked ? "Change it at the source, then take it from there." : null,
      mend: isLeaked ? { label: "Look", href: secretHref(id) } : rotation(other, others),
    });
  });
};

type Other = { secret: Bound; fate: Fate };

function otherAtSource(secret: Bound): Other[] {
  const { binding, versions } = secret;
  const { newestId, mode, isDeleted } = binding;
  const current = versions.find(({ state }) => state === "current");
  if (isDeleted || newestId === null || current?.sourceVersionId === newestId) return [];
  const fate = fateOf(versions, newestId);
  return mode === "by-itself" && fate === "never-there" ? [] : [{ secret, fate }];
}

/** Secrets of one place at a source changed there together, such as a user and its password: so they do here. */
function rotation({ secret }: Other, others: readonly Other[]): Finding["mend"] {
  const { id, binding } = secret;
  const isSamePlace = ({ sourceId, path }: BindingRecord) => sourceId === binding.sourceId && path === binding.path;
  const ids = others.flatMap((other) =>
    other.fate !== "leaked" && isSamePlace(other.secret.binding) ? other.secret.id : [],
  );
  const href = ids.length > 1 ? groupHref(ids) : `${secretHref(id, "rotate")}?source=source`;
  return { label: "Rotate", href, needs: "secret.rotate", look: secretHref(id) };
}

const words: Record<Fate, string> = {
  leaked: ", which has leaked",
  undone: ", which was tried and undone",
  "had-before": ", which the Swarm had before",
  removed: ", which was removed",
  "never-there": ", which waits for a yes",
};

/** As the newest version of the secret says that has it; but what has leaked once stays so. */
function fateOf(versions: readonly VersionRecord[], id: string): Fate {
  const having = versions.filter(({ sourceVersionId }) => sourceVersionId === id);
  const [newest] = having.toSorted((a, b) => b.number - a.number);
  if (!newest) return "never-there";
  if (having.some(({ isLeaked }) => isLeaked)) return "leaked";
  if (newest.state === "removed") return "removed";
  return newest.state === "previous" ? "had-before" : "undone";
}

function boundOf(records: readonly SecretRecord[]): Bound[] {
  return records.filter((record): record is Bound => record.binding !== null);
}
