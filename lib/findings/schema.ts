import type { OperationKind } from "#lib/policy/schema.ts";

/** What whoever presses the button must be allowed to do. */
export type MendAction = "operation.decide" | "secret.adopt" | "secret.put-back" | "secret.retire" | "secret.rotate";

/** What is looked for, in the order in which people should see it. */
export const findingRules = [
  "operation-needs-attention",
  "operation-stands-still",
  "operation-running",
  "manager-lost",
  "missing-object",
  "service-short",
  "drift",
  "service-paused",
  "operation-failed",
  "source-failing",
  "binding-failing",
  "source-newer",
  "secret-in-environment",
  "orphan",
  "unused-secret",
  "one-manager",
  "no-autolock",
] as const;

export type FindingRule = (typeof findingRules)[number];

/** Something that should be mended, with the reason and the mend. */
export type Finding = {
  rule: FindingRule;
  /** How many things it tells of: one line may stand for many that are alike. */
  count: number;
  severity: "now" | "soon" | "note";
  /** Text and monospaced names by turns. */
  parts: { text: string; isName: boolean }[];
  /** ISO 8601: since when, for the column at the right; null when unknown. */
  since: string | null;
  /**
   * The label of the mend's button and where it leads; null when only Docker itself can mend it, then `hint` says how.
   * `look` is for those who may not press it, where that is not the first part of `href`.
   */
  mend: { label: string; href: string; needs?: MendAction; look?: string } | null;
  hint: string | null;
  secretId: string | null;
  serviceId: string | null;
  operationId: string | null;
  /** Of the operation, where it is about one. */
  kind: OperationKind | null;
  /** It puts services on a value that has leaked. */
  isToLeaked: boolean;
  /** Of a version at a source, where it is about one. */
  fate: Fate | null;
};

/** How many things of a rule there are, whether or not they are shown. */
export type FindingCount = { rule: FindingRule; count: number };

/** Some of them in their order; each end is what to give to read on that way, null where nothing is. */
export type FindingPage = { rows: Finding[]; previous: string | null; next: string | null };

/** What became in the Swarm of a version that its source has and that is not the current one. */
export type Fate = "leaked" | "undone" | "had-before" | "removed" | "never-there";
