import "server-only";
import type { SecretReference } from "#lib/swarm/schema.ts";

/** One thing to do, in the order of the list; without commands where there is nothing to do. */
export type ByHandStep = { title: string; notes: string[]; commands: string[] };

/** How an operation would be brought to one of its ends without Skep. */
export type ByHandWay = { way: "finish" | "undo"; sentence: string; steps: ByHandStep[] };

/** What is kept with each secret on whether its old value goes on working. */
export type KeptAnswers = ReadonlyMap<string, boolean | null>;

/** What is to be done to a service, and what its specs name once it has been; null where nothing is. */
export type ByHandUpdate = { step: ByHandStep; leaves: LeftSpecs | null };

/** The references of a service, and those that Docker could roll it back to. */
export type LeftSpecs = {
  serviceId: string;
  references: readonly SecretReference[];
  previous: readonly SecretReference[];
};

export function noUpdate(title: string, notes: string[] = []): ByHandUpdate {
  return { step: nothingToDo(title, notes), leaves: null };
}

export function nothingToDo(title: string, notes: string[] = []): ByHandStep {
  return { title, notes, commands: [] };
}
