import "server-only";
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import type { Source } from "../contract.ts";
import { openSource } from "../open.ts";
import { contractOfClosing } from "./contract-closing.ts";
import { contractOfFaults } from "./contract-faults.ts";
import { contractOfLists } from "./contract-lists.ts";
import { contractOfValues } from "./contract-values.ts";
import { contractOfVersions } from "./contract-versions.ts";
import { type Scene, sourceName } from "./scene.ts";
import type { Stage } from "./stage.ts";

/** What every source keeps, whatever its kind: tried on a double, or on a real server. */
export function describeSource(title: string, openStage: () => Promise<Stage>): void {
  describe(title, () => {
    let stage: Stage;
    let source: Source;
    const folder = `skep-${randomBytes(4).toString("hex")}`;
    const put = new Set<string>();

    beforeAll(async () => {
      stage = await openStage();
      source = await openOn(stage);
    });
    afterAll(async () => {
      for (const path of put) await stage.remove(path).catch(() => undefined);
      await source.close();
      await stage.end();
    });

    const scene: Scene = {
      stage: () => stage,
      source: () => source,
      open: (options) => openOn(stage, options),
      path: (name) => `${folder}/${name}`,
      put: (name, fields) => {
        const path = scene.path(name);
        put.add(path);
        return stage.put(path, fields);
      },
    };
    contractOfValues(scene);
    contractOfVersions(scene);
    contractOfLists(scene);
    contractOfFaults(scene);
    contractOfClosing(scene);
  });
}

function openOn(stage: Stage, options?: { callSeconds?: number }): Promise<Source> {
  const { settings, credential } = stage;
  return openSource(settings, { name: sourceName, credential, now: () => new Date() }, options);
}
