import "server-only";
import { transaction } from "#lib/db/transaction.ts";
import type { SecretRecord } from "#lib/grants/records.ts";
import { decide } from "#lib/policy/permit.ts";
import { markAgreeing } from "#lib/secrets/agreeing.ts";
import { askedMilliseconds, compareWithNow, findAnswers } from "#lib/secrets/compare.ts";
import type { Compared } from "#lib/secrets/schema.ts";
import type { Source } from "#lib/sources/contract.ts";
import type { SecretValue } from "#lib/value.ts";
import { seenSince } from "./from-source.ts";

type Asking = { newestId: string; setBy: string; source: Pick<Source, "read"> };

type Changed = {
  /** Those that get another value by the newest version of their place. */
  changed: SecretRecord[];
  /** Why nothing is begun although nobody can say that nothing has changed; else null. */
  because: { code: string; sentence: string } | null;
};

/**
 * Of these, bound to one place, those whose value is another one there; the rest has the newest version already, and no
 * service restarts for it. Each replica of a server may tell another ETag of the same value, and whoever writes a value
 * once more changes nothing. A value that cannot be had begins nothing: it fails as the source does.
 */
export async function changedValues(records: readonly SecretRecord[], asking: Asking): Promise<Changed> {
  const changed: SecretRecord[] = [];
  let isKnown = false;
  for (const record of records) {
    const answer = await answerFor(record, asking);
    if (answer !== "equal") changed.push(record);
    isKnown ||= answer === "different" || answer === "unknown";
  }
  const [first] = changed;
  if (isKnown || !first) return { changed, because: null };
  return { changed: [], because: everNew(first) };
}

/** `asked-too-often` only where that is to be waited for. */
async function answerFor(record: SecretRecord, { newestId, setBy, source }: Asking): Promise<Compared> {
  const { binding } = record;
  if (!binding) return "unknown";
  const { value } = await source.read(binding.path, binding.take, newestId);
  try {
    const { answer, versionId } = await compared(record, value, setBy);
    const agreeing = { versionId, sourceVersionId: newestId, bindingId: binding.id };
    if (answer === "equal") await transaction((tx) => markAgreeing(tx, agreeing));
    return answer;
  } finally {
    value.forget();
  }
}

async function compared(record: SecretRecord, value: SecretValue, setBy: string) {
  const unknown = { answer: "unknown", versionId: null } as const;
  const answers = await findAnswers(record);
  const last = answers.find(({ isOfSchedule }) => isOfSchedule);
  // An attempt that was refused comes again for the same version: five of them would use up what may be asked.
  if (last?.answer === "different" && Date.parse(last.at) >= sinceBoth(record)) {
    return { answer: last.answer, versionId: null };
  }
  const permit = decide({ type: "schedule", setBy }, "secret.compare", { secretId: record.id });
  const compared = permit ? await compareWithNow(permit, value) : unknown;
  return compared.answer === "asked-too-often" && !isToWait(record, answers) ? unknown : compared;
}

type Answers = Awaited<ReturnType<typeof findAnswers>>;

/**
 * Where this hour's asks are used up: whether all that was read at the source since the Swarm has its version was that
 * very value. What a person has asked says nothing of that. Where nothing was read since, a rotation is begun all the
 * same, but not on top of one that was begun as blindly.
 */
function isToWait(record: SecretRecord, answers: Answers): boolean {
  const read = answers.filter(({ isOfSchedule }) => isOfSchedule);
  const since = currentSince(record);
  const ofCurrent = read.filter(({ at }) => Date.parse(at) >= since);
  if (ofCurrent.length > 0) return ofCurrent.every(({ answer }) => answer === "equal");
  const isFromSource = record.versions.some((each) => each.state === "current" && each.sourceVersionId !== null);
  const isFresh = since > Date.now() - askedMilliseconds;
  return isFromSource && isFresh && read.every(({ answer }) => answer !== "different");
}

function currentSince({ versions }: SecretRecord): number {
  const current = versions.find(({ state }) => state === "current");
  return current ? Date.parse(current.promotedAt ?? current.createdAt) : 0;
}

/** Since when both the Swarm and the source have the version that they have. */
function sinceBoth(record: SecretRecord): number {
  return Math.max(currentSince(record), record.binding ? seenSince(record.binding) : 0);
}

function everNew({ name, binding }: SecretRecord) {
  const sentence = `${binding?.sourceName} tells ever new versions of ${binding?.path}, and as far as the Swarm could be asked the value of ${name} was the same each time. Let all that answer there tell the same version of the same value, or choose in the source's settings what says it. Until then a change may take an hour to arrive.`;
  return { code: "same-value", sentence };
}
