import "server-only";
import type { FindingInput, Rule } from "./input.ts";
import { positionOf } from "./order.ts";
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
  const found = rules.flatMap((rule) => rule(input)).map((finding) => ({ finding, position: positionOf(finding) }));
  return found.sort((a, b) => (a.position < b.position ? -1 : 1)).map(({ finding }) => finding);
}
