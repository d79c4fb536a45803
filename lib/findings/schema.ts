import type { OperationKind } from "#lib/policy/schema.ts";

/** What whoever presses the button must be allowed to do. */
export type MendAction = "operation.decide" | "secret.adopt" | "secret.put-back" | "secret.retire" | "secret.rotate";

/** Something that should be mended, with the reason and the mend. */
export type Finding = {
  rule:
    | "operation-needs-attention"
    | "operation-failed"
    | "operation-running"
    | "operation-stands-still"
    | "service-short"
    | "service-paused"
    | "drift"
    | "unused-secret"
    | "secret-in-environment"
    | "manager-lost"
    | "one-manager"
    | "no-autolock"
    | "missing-object"
    | "orphan"
    | "source-failing"
    | "binding-failing"
    | "source-newer";
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

/** What became in the Swarm of a version that its source has and that is not the current one. */
export type Fate = "leaked" | "undone" | "had-before" | "removed" | "never-there";
