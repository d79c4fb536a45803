import "server-only";
import type { StepName } from "./ledger.ts";
import type { StepRun } from "./pass.ts";
import { abandon } from "./steps/abandon.ts";
import { check } from "./steps/check.ts";
import { create } from "./steps/create.ts";
import { finish } from "./steps/finish.ts";
import { move } from "./steps/move.ts";
import { record } from "./steps/record.ts";
import { release } from "./steps/release.ts";
import { remove } from "./steps/remove.ts";
import { set } from "./steps/set.ts";
import { test } from "./steps/test.ts";
import { undo } from "./steps/undo.ts";
import { watch } from "./steps/watch.ts";

/**
 * All that an operation can do. Each step first asks whether its own effect is already there, so that it can be run
 * again at any time. Names are stored in ledgers: they are never renamed.
 */
export const steps: Record<StepName, { run: StepRun; subject: "version" | "service" | "rotator" | "operation" }> = {
  /** Makes the new object in the Swarm: exactly one, whatever answers are lost. */
  create: { run: create, subject: "version" },
  /** Has the other side take the new password. */
  set: { run: set, subject: "rotator" },
  /** Signs in with it, before any service has to. */
  test: { run: test, subject: "rotator" },
  /** Sends one service its new references. */
  move: { run: move, subject: "service" },
  /** Looks at one service's tasks until they run with what was sent, for as long as the soak lasts. */
  watch: { run: watch, subject: "service" },
  /** Looks at all services once more: newcomers join, what another hand moved is named. */
  check: { run: check, subject: "operation" },
  /** Tells Postgres what now holds. */
  record: { run: record, subject: "operation" },
  /** Tells the other side that the old value is not needed any more. */
  finish: { run: finish, subject: "rotator" },
  /** Asks the gate, and removes an old version when nothing can need it. */
  remove: { run: remove, subject: "version" },
  /** Lets one quiet service forget its previous spec, where only that holds a version. */
  release: { run: release, subject: "service" },
  /** Sends one service what it had before. */
  undo: { run: undo, subject: "service" },
  "watch-undo": { run: watch, subject: "service" },
  /** Gives the new version up: it goes through the gate. */
  abandon: { run: abandon, subject: "operation" },
};
