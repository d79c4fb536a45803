import "server-only";
import type { BindingRecord, SecretRecord } from "#lib/grants/records.ts";
import { agreeing, counted } from "#lib/words.ts";
import { finding, type Rule, secretHref, secretsHeld, sentence } from "../input.ts";
import type { Finding } from "../schema.ts";

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

/** One secret whose path or field at the source gives no value; the source itself answers. */
export const bindingFailing: Rule = ({ records }) =>
  boundOf(records).flatMap(({ id, name, binding }) => {
    const { failure, sourceFailure, sourceName, path } = binding;
    if (!failure || sourceFailure) return [];
    return [
      finding({
        rule: "binding-failing",
        severity: "soon",
        since: failure.since,
        secretId: id,
        parts: sentence`${name} gets nothing from ${path} at ${sourceName}`,
        hint: failure.sentence,
        mend: { label: "Look", href: secretHref(id) },
      }),
    ];
  });

/** A version at the source that the Swarm has not: it waits for a yes, or was tried and undone. */
export const sourceNewer: Rule = ({ records, operations }) => {
  const busy = secretsHeld(operations);
  return boundOf(records).flatMap((secret): Finding[] => {
    const { id, name, binding, versions } = secret;
    const { newestId, mode, sourceName, isDeleted } = binding;
    const current = versions.find(({ state }) => state === "current");
    if (busy.has(id) || isDeleted || newestId === null || current?.sourceVersionId === newestId) return [];
    const wasTried = versions.some(({ sourceVersionId }) => sourceVersionId === newestId);
    if (mode === "by-itself" && !wasTried) return [];
    const tried = wasTried ? ", which was tried and not kept" : ", which waits for a yes";
    return [
      finding({
        rule: "source-newer",
        severity: "soon",
        secretId: id,
        parts: [...sentence`${name} has a newer version at ${sourceName}`, { text: tried, isName: false }],
        mend: { label: "Rotate", href: `${secretHref(id, "rotate")}?source=source`, needs: "secret.rotate" },
      }),
    ];
  });
};

function boundOf(records: readonly SecretRecord[]): Bound[] {
  return records.filter((record): record is Bound => record.binding !== null);
}
