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

/**
 * What every source keeps, whatever its kind: tried on a double, or on a real server, which it ends. What a stage does
 * not offer is not tried, and is no test.
 */
export function describeSource(title: string, stage: Stage): void {
  describe(title, () => {
    const folder = `skep-${randomBytes(4).toString("hex")}`;
    let source: Source;
    let revision = 1;
    beforeAll(async () => {
      source = await openOn(stage);
    });
    afterAll(async () => {
      await source.close();
      await stage.end();
    });

    const path = (name: string) => `${folder}/${name}`;
    const scene: Scene = {
      stage,
      source: () => source,
      open: (options) => openOn(stage, options),
      path,
      put: (name, fields) => stage.put(path(name), { ...fields, revision: String(revision++) }),
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
