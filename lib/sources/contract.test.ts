import { describeSource } from "./doubles/contract.ts";
import { openHttpStage } from "./doubles/http.ts";
import type { Stage } from "./doubles/stage.ts";
import type { SourceKind } from "./schema.ts";

/** Each kind in each way of its own in which it is asked differently. A kind without a stage does not compile. */
const stages: { [K in SourceKind]: [string, () => Promise<Stage>][] } = {
  http: [["HTTP", openHttpStage]],
  vault: [],
  aws: [],
};

for (const [title, openStage] of Object.values(stages).flat()) describeSource(title, await openStage());
