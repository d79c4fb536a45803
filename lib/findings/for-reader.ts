import "server-only";
import { isAllowed } from "#lib/policy/rules.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { Finding, MendAction } from "./schema.ts";

/** The same findings, each with a button that its reader may press: where she may not mend it, she can look at it. */
export function findingsFor(reader: Actor, findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => {
    const { mend } = finding;
    if (!mend?.needs || may[mend.needs](reader, finding)) return finding;
    return { ...finding, mend: { label: "Look", href: mend.look ?? mend.href.split("/").slice(0, 3).join("/") } };
  });
}

const may: Record<MendAction, (reader: Actor, finding: Finding) => boolean> = {
  "operation.decide": (reader, { operationId, kind, isToLeaked }) =>
    kind !== null &&
    isAllowed(reader, "operation.decide", { operationId: operationId ?? "", kind, isLeaked: isToLeaked }),
  "secret.adopt": (reader) => isAllowed(reader, "secret.adopt", { objectIds: [] }),
  "secret.put-back": (reader, { secretId }) => isAllowed(reader, "secret.put-back", { secretId: secretId ?? "" }),
  "secret.retire": (reader, { secretId }) => isAllowed(reader, "secret.retire", { secretId: secretId ?? "" }),
  "secret.rotate": (reader, { secretId }) => isAllowed(reader, "secret.rotate", { secretIds: [secretId ?? ""] }),
};
