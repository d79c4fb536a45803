import "server-only";
import { it } from "vitest";
import { failureCases } from "./contract-failures.ts";
import { secretCases } from "./contract-secrets.ts";
import { serviceCases } from "./contract-services.ts";
import { type ContractCase, ContractScene, type SwarmStage } from "./contract-stage.ts";
import { taskCases } from "./contract-tasks.ts";
import { updateCases } from "./contract-updates.ts";

/** How a Swarm behaves, as far as Skep stands on it: the model and a real engine both keep every sentence of it. */
export function swarmContract(open: () => SwarmStage): void {
  for (const [index, { promise, run }] of contractCases.entries()) {
    // A container that is quick to start here may take half a minute on a machine that has other work.
    it.concurrent(promise, () => runIn(new ContractScene(open(), `c${index}`), run), 600_000);
  }
}

async function runIn(scene: ContractScene, run: ContractCase["run"]): Promise<void> {
  try {
    await run(scene);
  } finally {
    await scene.end();
  }
}

const contractCases = [...secretCases, ...serviceCases, ...taskCases, ...updateCases, ...failureCases];
