import { setTimeout as pause } from "node:timers/promises";
import type { Asker } from "./asker.ts";
import type { Between, Outage } from "./between.ts";
import type { Fault, Given, Life } from "./life.ts";
import type { Scenario } from "./scenarios.ts";

export type Play = {
  scenario: Scenario;
  fault: Fault;
  live(given: Pick<Given, "faults" | "outage"> & { isFirst: boolean }): Life;
  asker: Asker;
  between: Between;
};

export type End = {
  /** It never came to one of its ends. */
  isStranded: boolean;
  /** The fault was met; without it the run went through untouched. */
  wasMet: boolean;
  /** Why it never began, though nothing had come over it: on a machine that is too busy, a request waits in vain for Postgres. */
  refusal: string | null;
  wasPostgresRestarted: boolean;
  /** How long each restart, of Skep or of Postgres, left the operation alone; infinitely long where nobody went on. */
  resumeSeconds: number[];
  violations: string[];
};

const mostSeconds = 240;

/** Lives one after another until the operation is over, or nothing of it was ever written down. */
export async function playOut(play: Play): Promise<End> {
  const { scenario, fault, live, asker } = play;
  const until = Date.now() + mostSeconds * 1000;
  const first = live({ ...firstFate(scenario, fault), isFirst: true });
  const lives = [first];
  const found: string[] = [];
  let isStranded = false;
  for (let life = first; ; ) {
    await pause(150);
    if (Date.now() > until) isStranded = true;
    const end = life.end();
    if (end && !end.isPlanned) found.push(end.words);
    if (isStranded || (end && !end.isPlanned)) break;
    const standing = await standingOf(asker);
    if (standing === "forgotten") found.push("R6: it is unfinished, and nobody knows when it is looked at next");
    if (standing === "over" && !(await diesYet(life))) break;
    if (standing === "none" && (end || isRefused(life))) break;
    if (!end) continue;
    if (standing === "over") break;
    life = live({ ...laterFate(scenario, fault, lives.length), isFirst: false });
    lives.push(life);
  }
  const outage = await play.between.outage();
  if (scenario.restartsPostgres && outage === null && hadToMeetOutage(lives))
    found.push("Postgres was not restarted, though the operation was recovered");
  const wasMet = first.said.some(({ what }) => what === "meets");
  return {
    isStranded,
    refusal: wasMet ? null : (first.said.find(({ what }) => what === "refused")?.about ?? null),
    wasPostgresRestarted: outage !== null,
    wasMet,
    resumeSeconds: [...resumesOf(lives), ...afterOutage(lives, outage)],
    violations: [...new Set(found)],
  };
}

/** Where nobody dies, the first life meets all that else comes over the one after it. */
function firstFate({ diesTwice, restartsPostgres }: Scenario, fault: Fault): Pick<Given, "faults" | "outage"> {
  if (fault.variant !== "answer lost") return { faults: [fault], outage: null };
  const again = { at: fault.at + pointsOn(fault), variant: fault.variant };
  return { faults: diesTwice ? [fault, again] : [fault], outage: restartsPostgres ? "after the fault" : null };
}

function laterFate(
  { diesTwice, restartsPostgres }: Scenario,
  fault: Fault,
  before: number,
): Pick<Given, "faults" | "outage"> {
  if (before > 1 || fault.variant === "answer lost") return { faults: [], outage: null };
  const again = { at: pointsOn(fault), variant: fault.variant };
  return { faults: diesTwice ? [again] : [], outage: restartsPostgres ? "once at work" : null };
}

/** Some points on, another number for each. */
function pointsOn({ at }: Fault): number {
  return 5 + (at % 23);
}

/** Its last points come after the end is written down. */
async function diesYet(life: Life): Promise<boolean> {
  for (let look = 0; look < 5 && !life.end(); look += 1) await pause(100);
  return life.end() !== null;
}

function isRefused({ said }: Life): boolean {
  return said.some(({ what }) => what === "refused");
}

type Standing = "none" | "open" | "forgotten" | "over";

async function standingOf(asker: Asker): Promise<Standing> {
  const [row] = await asker.rows<{ state: string; isForgotten: boolean }>(
    `SELECT state, "leaseOwner" IS NULL AND "nextWakeAt" IS NULL AS "isForgotten" FROM "Operation" WHERE kind <> 'adopt'`,
  );
  if (!row) return "none";
  if (row.state !== "open") return "over";
  return row.isForgotten ? "forgotten" : "open";
}

/** From the start of each life that found something to resume. One that Postgres was taken from counts from where it took it up. */
function resumesOf([, ...later]: readonly Life[]): number[] {
  return later.flatMap((life) => {
    const first = life.outage === null ? "store.save" : "taken-up";
    const work = life.said.find(({ what }) => what === first);
    if (!work && life.end()) return [];
    return work ? (work.at - life.startedAt) / 1000 : Number.POSITIVE_INFINITY;
  });
}

function afterOutage(lives: readonly Life[], outage: Outage | null): number[] {
  const { until = null, wasOpen = false } = outage ?? {};
  if (until === null || !wasOpen) return [];
  const work = lives.at(-1)?.said.find(({ what, at }) => what === "store.save" && at > until);
  return [work ? (work.at - until) / 1000 : Number.POSITIVE_INFINITY];
}

/** Whatever is done after the moment from which Postgres is to go away would have met it. */
function hadToMeetOutage(lives: readonly Life[]): boolean {
  return lives.some(({ said, outage }) => {
    const from = said.findIndex(({ what }) => what === (outage === "once at work" ? "taken-up" : "meets"));
    return outage !== null && from >= 0 && said.slice(from).some(({ what }) => what === "store.save");
  });
}
