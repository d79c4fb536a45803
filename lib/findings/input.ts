import "server-only";
import type { Drift } from "#lib/grants/drift.ts";
import type { SecretRecord } from "#lib/grants/records.ts";
import type { OperationRow } from "#lib/operations/schema.ts";
import type { Proposal } from "#lib/secrets/proposal.ts";
import type { ServiceKind, ServiceObject, SwarmSnapshot } from "#lib/swarm/schema.ts";
import type { Finding } from "./schema.ts";

export type KnownOperation = OperationRow & { secretIds: string[] };

/** What is known, for rules to look at. Rules ask nothing and write nothing. */
export type FindingInput = {
  now: Date;
  snapshot: SwarmSnapshot;
  /** Secrets that were not removed. */
  records: readonly SecretRecord[];
  proposals: readonly Proposal[];
  operations: readonly KnownOperation[];
  drift: ReadonlyMap<string, readonly Drift[]>;
  /** Whether the spec of any service names the object. */
  isNamed(objectId: string): boolean;
  kindOf(service: ServiceObject): ServiceKind;
  /** "v3", or the object's name where it is no version that Skep knows. */
  versionName(objectId: string | undefined): string;
};

/** A failed operation that is older than this is history, not news. */
export const failedDays = 3;

export type Rule = (input: FindingInput) => Finding[];

/** Plain text and names by turns, from a template whose holes are the names. */
export function sentence(parts: TemplateStringsArray, ...names: string[]): Finding["parts"] {
  return parts.flatMap((text, index) => [
    ...(text === "" ? [] : [{ text, isName: false }]),
    ...(names[index] === undefined ? [] : [{ text: names[index], isName: true }]),
  ]);
}

export function finding(
  given: Pick<Finding, "rule" | "severity" | "parts"> & Partial<Omit<Finding, "rule" | "severity" | "parts">>,
): Finding {
  return {
    count: 1,
    since: null,
    mend: null,
    hint: null,
    secretId: null,
    serviceId: null,
    operationId: null,
    kind: null,
    isToLeaked: false,
    fate: null,
    ...given,
  };
}

/** The secrets that an operation holds: what it is about may look wrong until it is over. */
export function secretsHeld(operations: readonly KnownOperation[]): Set<string> {
  return new Set(operations.flatMap(({ state, secretIds }) => (state === "ended" ? [] : secretIds)));
}

/** Where several secrets are rotated together. */
export function groupHref(secretIds: readonly string[]): string {
  return `/secrets/rotate?${new URLSearchParams(secretIds.map((id) => ["secret[]", id]))}`;
}

/** The page of a secret, or of one action on it. */
export function secretHref(key: string, action?: "rotate" | "put-back" | "retire" | "adopt"): string {
  return `/secrets/${key}${action ? `/${action}` : ""}`;
}
