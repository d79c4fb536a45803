import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe } from "vitest";
import { eraseEngine, type RunningEngine, startEngine } from "#lib/ground/engine.ts";
import { EngineRefusal } from "#lib/ground/engine-api.ts";
import { importSampleImage, sampleImage } from "#lib/ground/sample-image.ts";
import type { SwarmStage } from "./contract-stage.ts";
import type { DockerReply } from "./docker-api.ts";
import { swarmContract } from "./swarm-contract.ts";

let folder: string;
let engine: RunningEngine;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-contract-")));
  engine = await startEngine({ dataFolder: folder });
  await importSampleImage(engine.api);
});

afterAll(async () => {
  await eraseEngine(folder);
  rmSync(folder, { recursive: true, force: true });
});

const call: SwarmStage["call"] = async ({ method, path, query, body }): Promise<DockerReply> => {
  const address = query ? `${path}?${new URLSearchParams(query)}` : path;
  try {
    const answer = await engine.api.call(method as "GET", address, body);
    return { statusCode: 200, body: answer };
  } catch (error) {
    if (error instanceof EngineRefusal) return { statusCode: error.statusCode, body: { message: error.message } };
    throw error;
  }
};

describe("in a real engine", () => {
  swarmContract(() => ({ image: sampleImage, call, pass: (seconds) => pause(seconds * 1000) }));
});
