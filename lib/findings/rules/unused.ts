import "server-only";
import { type FindingInput, finding, type Rule, secretHref, secretsHeld, sentence } from "../input.ts";
import type { Finding } from "../schema.ts";
import { orphansIn } from "./orphan.ts";

/** More lines than this would push away what matters: then one line leads to the list. */
const mostLines = 3;

/** Secrets that no service names, and versions that were left behind. */
export const unusedSecret: Rule = (input) => [
  ...few(unusedRecords(input), "unused"),
  ...few(unusedProposals(input), "unmanaged"),
  ...few(leftOver(input), "unmanaged"),
];

function unusedRecords({ records, operations, isNamed, snapshot }: FindingInput): Finding[] {
  if (snapshot.asOf === null) return [];
  const busy = secretsHeld(operations);
  return records
    .filter(({ id, versions }) => !busy.has(id) && !versions.some(({ objectId }) => objectId && isNamed(objectId)))
    .map(({ id, name }) =>
      finding({
        rule: "unused-secret",
        severity: "note",
        secretId: id,
        parts: sentence`${name} is used by no service`,
        mend: { label: "Retire", href: secretHref(id, "retire"), needs: "secret.retire" },
      }),
    );
}

function unusedProposals(input: FindingInput): Finding[] {
  const { proposals, isNamed } = input;
  const orphans = new Set(orphansIn(input).map(({ id }) => id));
  return proposals
    .filter(({ versions }) => !versions.some(({ objectId }) => isNamed(objectId)))
    .filter(({ versions }) => !versions.every(({ objectId }) => orphans.has(objectId)))
    .map(({ name, versions }) =>
      finding({
        rule: "unused-secret",
        severity: "note",
        parts: sentence`${name} is used by no service, and not managed`,
        mend: { label: "Adopt", href: secretHref(versions[0]?.objectId ?? "", "adopt"), needs: "secret.adopt" },
      }),
    );
}

/** Older objects beside one that is in use: somebody rotated by hand and forgot to clean up. */
function leftOver({ proposals, isNamed }: FindingInput): Finding[] {
  return proposals
    .filter(({ versions }) => versions.some(({ objectId }) => isNamed(objectId)))
    .flatMap(({ versions }) =>
      versions
        .filter(({ objectId }) => !isNamed(objectId))
        .map(({ objectName }) =>
          finding({
            rule: "unused-secret",
            severity: "note",
            parts: sentence`${objectName} was left behind by a newer version, and is not managed`,
            mend: { label: "Adopt", href: secretHref(versions[0]?.objectId ?? "", "adopt"), needs: "secret.adopt" },
          }),
        ),
    );
}

function few(findings: Finding[], state: string): Finding[] {
  const [first] = findings;
  if (!first || findings.length <= mostLines) return findings;
  const name = first.parts.find(({ isName }) => isName)?.text ?? "";
  const rest = `${first.parts.at(-1)?.text ?? ""}`.replace(/^ is /, " are ").replace(/^ was /, " were ");
  return [
    finding({
      rule: "unused-secret",
      count: findings.length,
      severity: "note",
      parts: [
        ...sentence`${name}`,
        { text: ` and ${(findings.length - 1).toLocaleString("en")} more${rest}`, isName: false },
      ],
      mend: { label: `See ${findings.length.toLocaleString("en")}`, href: `/secrets?state=${state}` },
    }),
  ];
}
