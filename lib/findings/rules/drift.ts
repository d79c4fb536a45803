import "server-only";
import type { Drift } from "#lib/grants/drift.ts";
import { agreeing } from "#lib/words.ts";
import { type FindingInput, finding, type Rule, secretHref, sentence } from "../input.ts";

/** The Swarm says something else than the record: one line per secret, with the way back. */
export const drift: Rule = (input) =>
  input.records.flatMap((record) => {
    const found = input.drift.get(record.id);
    const [first] = found ?? [];
    if (!found || !first) return [];
    return finding({
      rule: "drift",
      severity: "now",
      secretId: record.id,
      serviceId: first.service.id,
      since: first.service.updatedAt,
      parts: [...sentenceFor(input, record.name, first), ...others(found)],
      mend: { label: "Put back", href: secretHref(record.id, "put-back"), needs: "secret.put-back" },
    });
  });

function sentenceFor({ versionName }: FindingInput, name: string, { kind, service, actual, recorded, target }: Drift) {
  switch (kind) {
    case "other-version":
      return sentence`${name} in ${service.name} is ${versionName(actual?.objectId)} instead of ${versionName(recorded?.objectId)}`;
    case "changed":
      return sentence`${name} in ${service.name} has another owner or mode than recorded`;
    case "not-recorded":
      return sentence`${name} was granted to ${service.name} outside Skep`;
    case "gone":
      return sentence`${name} was taken from ${service.name} outside Skep (${target})`;
  }
}

function others(found: readonly Drift[]) {
  const services = new Set(found.map(({ service }) => service.id)).size - 1;
  if (services === 0) return [];
  return [{ text: `, and ${services} more ${agreeing(services, "service", "services")}`, isName: false }];
}
