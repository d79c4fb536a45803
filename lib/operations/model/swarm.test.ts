import { describe } from "vitest";
import { answer } from "./docker-api.ts";
import { ModelSwarm } from "./swarm.ts";
import { swarmContract } from "./swarm-contract.ts";

describe("in the model of the Swarm", () => {
  swarmContract(() => {
    const model = new ModelSwarm();
    return {
      image: "skep-sample:1",
      call: async (question) => answer(model, question),
      pass: async (seconds) => model.advance(seconds),
    };
  });
});
