import "server-only";
import type { Ports } from "../ports.ts";
import type { HistoryDrawn } from "./history-schema.ts";
import { plantedInRotators } from "./planted-rotators.ts";
import { plantedInSteps } from "./planted-steps.ts";
import { plantedInStore } from "./planted-store.ts";
import { plantedInSwarm } from "./planted-swarm.ts";

/** A bug that an engine could have: between the executor and its ports, or in the place of a step. */
export type Planted = {
  name: string;
  /** The numbers of the rules that it breaks: one of these has to be said. */
  breaks: readonly string[];
  /** The history of the test's seed in which it was found the last time: looked at first, for the sake of time. */
  draw: number;
  /** One that was made for it, where chance meets it too seldom: looked at before all others. */
  history?: HistoryDrawn;
  /** Made anew for each hold on an operation. */
  ports?: (ports: Ports) => Ports;
  /** Takes the place of steps while it is in; what it returns puts the good ones back. */
  steps?: () => () => void;
};

export const plantedBugs: readonly Planted[] = [
  ...plantedInSwarm,
  ...plantedInStore,
  ...plantedInSteps,
  ...plantedInRotators,
];
