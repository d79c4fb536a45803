import { openAwsStage } from "./doubles/aws.ts";
import { describeSource } from "./doubles/contract.ts";
import { openHttpStage } from "./doubles/http.ts";
import type { Stage } from "./doubles/stage.ts";
import type { SourceKind } from "./schema.ts";

/** Each kind in each way of its own in which it is asked differently. A kind without a stage does not compile. */
const stages: { [K in SourceKind]: [string, () => Promise<Stage>][] } = {
  vault: [],
  aws: [
    ["AWS by its keys", openAwsStage],
    ["AWS by a role", () => openAwsStage({ assumesRole: true })],
  ],
  http: [["HTTP", openHttpStage]],
};

for (const [title, openStage] of Object.values(stages).flat()) describeSource(title, await openStage());
