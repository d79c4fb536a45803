import "server-only";
import type { Plant } from "./clockwork.ts";
import type { HistoryDrawn } from "./history-schema.ts";
import { Player } from "./player.ts";
import { HistoryScene } from "./scene.ts";
import type { Sight } from "./sight.ts";
import { memoryStage, type StoreStage } from "./store-stage.ts";

export type PlayOptions = { openStage?: (now: () => number) => StoreStage; tag?: string; plant?: Plant };

/** Plays one history to its end. What was seen says what was broken on the way. */
export async function playHistory(
  history: HistoryDrawn,
  { openStage = memoryStage, tag, plant }: PlayOptions = {},
): Promise<Sight> {
  const scene = new HistoryScene(openStage, tag);
  await scene.build(history);
  try {
    await new Player(scene, plant).play(history);
  } catch (error) {
    scene.sight.violations.push(`defect: ${error instanceof Error ? error.stack : String(error)}`);
  }
  return scene.sight;
}
