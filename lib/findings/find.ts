import "server-only";
import type { FindingInput, Rule } from "./input.ts";
import { drift } from "./rules/drift.ts";
import { secretInEnvironment } from "./rules/environment.ts";
import { missingObject } from "./rules/missing-object.ts";
import { operationFailed, operationNeedsAttention, operationRunning } from "./rules/operations.ts";
import { orphan } from "./rules/orphan.ts";
import { servicePaused, serviceShort } from "./rules/services.ts";
import { bindingFailing, sourceFailing, sourceNewer } from "./rules/sources.ts";
import { managerLost, noAutolock, oneManager } from "./rules/swarm.ts";
import { unusedSecret } from "./rules/unused.ts";
import type { Finding } from "./schema.ts";

/** In the order in which people should see them. */
const rules: Rule[] = [
  operationNeedsAttention,
  operationRunning,
  managerLost,
  missingObject,
  serviceShort,
  drift,
  servicePaused,
  operationFailed,
  sourceFailing,
  bindingFailing,
  sourceNewer,
  secretInEnvironment,
  orphan,
  unusedSecret,
  oneManager,
  noAutolock,
];

/** What should be mended, the most pressing first. */
export function find(input: FindingInput): Finding[] {
  const rank = { now: 0, soon: 1, note: 2 };
  const found = rules.flatMap((rule) => rule(input));
  const isRunning = ({ rule }: Finding) => rule === "operation-running" || rule === "operation-stands-still";
  return found.toSorted((a, b) => rank[isRunning(a) ? "now" : a.severity] - rank[isRunning(b) ? "now" : b.severity]);
}

/** What counts as "needs you": not what runs by itself, and not what is merely worth knowing. */
export function countNeedingAttention(findings: readonly Finding[]): number {
  return findings.filter(({ severity }) => severity !== "note").length;
}
