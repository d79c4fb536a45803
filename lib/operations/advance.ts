import "server-only";
import { prepareDirection, turn } from "./direct.ts";
import { isGivenUp } from "./failures.ts";
import { finish } from "./finish.ts";
import { findStep, type LedgerStep, type Operation, type StepName } from "./ledger.ts";
import { endOutage, tellOutage, waitOut } from "./outage.ts";
import { DirectionChanged, event, openPass, type Pass, secretsNamed, systemActor, type Values } from "./pass.ts";
import type { Ports } from "./ports.ts";
import { readySteps } from "./ready.ts";
import { isOneWay } from "./rotator-turn.ts";
import { type RoundResult, runRound } from "./round.ts";
import { startOver } from "./start-over.ts";
import { mayGoOn } from "./starter.ts";
import type { Leased } from "./store-port.ts";
import { takeUpChoice } from "./take-up-choice.ts";

/** What came of a stretch of work. `open`: nothing to do for so many seconds, or until a person does something. */
export type Progress = { state: "ended" | "needs-attention" } | { state: "open"; waitSeconds: number };

export type Work = {
  readonly operation: Operation;
  /**
   * Runs step after step until all that is left has to wait, or is one of these: a request makes objects, and leaves
   * moving services to the workers. A lost lease or database ends it by throwing.
   */
  goOn(before?: ReadonlySet<StepName>): Promise<Progress>;
  /** A person asked for something: look at once. */
  notice(): void;
  /** Writes down that the person has the value: a worker that finds this goes on with the object. */
  handOver(): Promise<void>;
  /** Overwrites the passwords that were made on the way. The work is over, or another process goes on with it. */
  forget(): void;
};

export type WorkOptions = {
  /** The values that only a request has. */
  values?: Values;
};

/** Takes an operation up where its ledger says it stands. */
export function takeUp(leased: Leased, ports: Ports, options: WorkOptions = {}): Work {
  const { operation } = leased;
  const pass = openPass({ ...leased, ports, values: options.values ?? null });
  const state: Standing = {
    locked: new Set(),
    clusterSeenAt: 0,
    headerSeenAt: ports.clock.now().getTime(),
    outageSince: null,
    isTakenOver: leased.wasAbandoned,
  };
  restartDeadlines(operation);
  return {
    operation,
    notice() {
      state.headerSeenAt = 0;
    },
    forget: () => pass.made.forgetAll(),
    handOver: () => pass.save({ operation: { isValueInRequest: false }, onlyIn: "forward" }),
    async goOn(before = new Set()) {
      for (;;) {
        try {
          const progress = await goOnce(pass, state, before);
          if (progress) return progress;
        } catch (error) {
          if (!(error instanceof DirectionChanged)) throw error;
        }
      }
    },
  };
}

type Standing = {
  locked: Set<string>;
  clusterSeenAt: number;
  headerSeenAt: number;
  /** By this process's clock, in milliseconds. */
  outageSince: number | null;
  /** Nobody was told yet that another process had it before, and did not hand it back. */
  isTakenOver: boolean;
};

async function goOnce(pass: Pass, standing: Standing, before: ReadonlySet<StepName>): Promise<Progress | null> {
  await tellTakeOver(pass, standing);
  const elsewhere = await checkSwarm(pass, standing);
  if (elsewhere) return elsewhere;
  await noticePersons(pass, standing);
  await takeUpChoice(pass);
  await giveUpUnseen(pass);
  await startOver(pass);
  await prepareDirection(pass);
  const ready = readySteps(pass.operation).filter((step) => !isGivenUp(pass.operation, step));
  if (ready.length === 0) return { state: await finish(pass) };
  if (ready.some(({ name }) => before.has(name))) return { state: "open", waitSeconds: 0 };
  if (await stopsHere(pass, ready)) return null;
  const result = await runRound(pass, ready, standing.locked);
  if (await isTooLongAway(pass, standing, result)) return { state: "needs-attention" };
  if (result.waitSeconds === 0) return null;
  return { state: "open", waitSeconds: result.waitSeconds };
}

async function tellTakeOver(pass: Pass, standing: Standing): Promise<void> {
  if (!standing.isTakenOver) return;
  const taken = event(systemActor, { type: "operation.taken-up", secrets: secretsNamed(pass.operation) });
  await pass.save({ events: [taken] });
  standing.isTakenOver = false;
}

/** R18: another Swarm at this address, or one that an administrator has to decide about, gets nothing. */
async function checkSwarm(pass: Pass, standing: Standing): Promise<Progress | null> {
  const now = pass.ports.clock.now().getTime();
  if (now - standing.clusterSeenAt < clusterSeconds * 1000) return null;
  const reason = await pass.ports.store.findReadOnlyReason(pass.operation.clusterId);
  if (reason !== null) return standStill(pass, standing, reason);
  try {
    const { id } = await pass.ports.swarm.readCluster();
    if (id === pass.operation.clusterId) {
      standing.clusterSeenAt = now;
      return null;
    }
  } catch {
    // That it cannot be asked is the round's to meet.
    return null;
  }
  return standStill(pass, standing, "Another Swarm answers than the one that this was started on.");
}

/** As long as it takes: only an administrator can say which Swarm this is. */
async function standStill(pass: Pass, standing: Standing, because: string): Promise<Progress> {
  standing.outageSince ??= pass.ports.clock.now().getTime();
  await tellOutage(pass, standing.outageSince, because);
  return { state: "open", waitSeconds: 30 };
}

const clusterSeconds = 10;

/** What a person asked for since the last save. Workers are also woken for it; this is for those that sleep through. */
async function noticePersons(pass: Pass, standing: Standing): Promise<void> {
  const now = pass.ports.clock.now().getTime();
  if (now - standing.headerSeenAt < headerSeconds * 1000) return;
  standing.headerSeenAt = now;
  await pass.save({});
}

const headerSeconds = 1;

/** R1: a value that was to be shown once, and whose request ended before, is one that nobody knows. */
async function giveUpUnseen(pass: Pass): Promise<void> {
  const { operation, values } = pass;
  if (operation.direction !== "forward" || !operation.isValueInRequest || values !== null) return;
  const shown = operation.plan.create.filter(({ value }) => value.from === "shown");
  const unseen = shown
    .map(({ versionId }) => findStep(operation, "create", versionId))
    .find((step) => step?.facts.object);
  if (!unseen) return;
  const because = "The request that was to show the value ended before it could. Nobody has seen it: begin again.";
  await turn(pass, "undoing", { because, direction: "forward", stepKey: unseen.key, choice: null, choices: [] }, []);
}

/**
 * R16: whoever lost the right starts nothing more. Watching, undoing and closing go on; and where services cannot sign
 * in with what they have, to help them is closing.
 */
async function stopsHere(pass: Pass, ready: readonly LedgerStep[]): Promise<boolean> {
  const { operation } = pass;
  const begins = ready.some(
    ({ name, attempt }) =>
      attempt === 0 && (name === "create" || name === "set" || name === "move" || name === "remove"),
  );
  if (operation.direction !== "forward" || !begins || isOneWay(operation)) return false;
  const reason = await mayGoOn(operation, pass.ports.store);
  if (reason === null) return false;
  const stopped = event(systemActor, { type: "operation.stop-requested", secrets: secretsNamed(operation) });
  const attention = { because: reason, direction: operation.direction, stepKey: null, choice: null, choices: [] };
  await turn(pass, "stopping", attention, [stopped]);
  return true;
}

/** The Swarm could not be asked in this round, or could again. What was waited for begins its time anew afterwards. */
async function isTooLongAway(pass: Pass, standing: Standing, { outage }: RoundResult): Promise<boolean> {
  if (outage === null) {
    if (standing.outageSince !== null) restartDeadlines(pass.operation);
    standing.outageSince = null;
    await endOutage(pass);
    return false;
  }
  standing.outageSince ??= pass.ports.clock.now().getTime();
  standing.clusterSeenAt = 0;
  return waitOut(pass, standing.outageSince, outage);
}

/** Time during which nobody could look is nobody's delay. */
function restartDeadlines({ steps }: Operation): void {
  for (const [index, step] of steps.entries()) {
    const { askedSince: _, ...facts } = step.facts;
    if (step.deadlineAt || step.facts.askedSince) steps[index] = { ...step, deadlineAt: null, facts };
  }
}
