import "server-only";
import { operationLabel } from "#lib/swarm/labels.ts";
import type { SecretObject } from "#lib/swarm/schema.ts";
import { counted } from "#lib/words.ts";
import { type FindingInput, finding, type Rule, secretHref, sentence } from "../input.ts";

/** More lines than this would push away what matters: then one line leads to the list. */
const mostLines = 3;

/** Objects that a Skep made and that are no version which this one knows: nobody but a person removes them (R13). */
export const orphan: Rule = (input) => {
  const orphans = orphansIn(input);
  if (orphans.length > mostLines) {
    const parts = [
      {
        text: `${counted(orphans.length, "object")} were made by Skep and are no versions that it knows`,
        isName: false,
      },
    ];
    return [
      finding({
        rule: "orphan",
        count: orphans.length,
        severity: "note",
        parts,
        mend: { label: "See them", href: "/secrets?state=unmanaged" },
      }),
    ];
  }
  return orphans.map(({ id, name }) =>
    finding({
      rule: "orphan",
      severity: "note",
      parts: sentence`${name} was made by Skep and is no version that it knows`,
      mend: { label: "Adopt", href: secretHref(id, "adopt"), needs: "secret.adopt" },
      hint: `A call that came late made it, another Skep, or the database was set back. If nobody needs it: \`docker secret rm ${name}\`.`,
    }),
  );
};

/** Unmanaged objects that bear the mark of an operation which is not at work. */
export function orphansIn({ snapshot, proposals, operations }: FindingInput): SecretObject[] {
  const open = new Set(operations.flatMap(({ id, state }) => (state === "ended" ? [] : id)));
  const unmanaged = proposals.flatMap(({ versions }) => versions.map(({ objectId }) => objectId));
  return unmanaged.flatMap((objectId) => {
    const object = snapshot.secrets.get(objectId);
    const operationId = object?.labels[operationLabel];
    return !object || operationId === undefined || open.has(operationId) ? [] : object;
  });
}
