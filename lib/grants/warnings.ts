import "server-only";
import { isBusy } from "#lib/operations/effect.ts";
import type { Plan, PlannedChange, PlanWarning, WarningCode } from "#lib/operations/schema.ts";
import { isJob } from "#lib/swarm/kind.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { agreeing, someOf } from "#lib/words.ts";
import type { Facts } from "./facts.ts";

/** What an operator would want to know of the services that a plan touches, whatever the verb. */
export function serviceWarnings(facts: Facts, changes: PlannedChange[]): PlanWarning[] {
  const services = new Map(facts.services.map((service) => [service.id, service]));
  const touched = changes.flatMap((change): Touched[] => {
    const service = services.get(change.serviceId);
    return service ? [{ change, service }] : [];
  });
  return [
    ...rules.flatMap((rule) => warningsOf(rule, touched)),
    ...(facts.managers === 1 && touched.some(isMoved) ? [oneManager] : []),
  ];
}

export function warning(code: WarningCode, sentence: string, more: Partial<PlanWarning> = {}): PlanWarning {
  return { code, blocks: false, serviceName: null, sentence, copy: null, ...more };
}

/** After release, Swarm's own way back leads nowhere; said wherever a version is to go. */
export function rollbackWarning(plan: Plan): PlanWarning[] {
  const moved = plan.changes.filter(({ leftOut }) => leftOut === null);
  if (moved.length === 0 || plan.retire.length === 0) return [];
  const names = someOf(plan.retire.map(({ objectName }) => objectName));
  const are = agreeing(plan.retire.length, "is", "are");
  const sentence = `Once ${names} ${are} removed, \`docker service rollback\` of these services restores nothing. Use Skep to roll back.`;
  return [warning("rollback-restores-nothing", sentence)];
}

/** Skep puts nothing back on a value that does not work any more; Docker does, where the service asks it to. */
export function swarmRollsBack(
  facts: Facts,
  { changes, oldValueStaysValid }: Pick<Plan, "changes" | "oldValueStaysValid">,
): PlanWarning[] {
  if (oldValueStaysValid) return [];
  const asking = new Set(
    facts.services.filter(({ updatePolicy }) => updatePolicy.failureAction === "rollback").map(({ id }) => id),
  );
  const hit = changes.filter(({ serviceId, leftOut }) => leftOut === null && asking.has(serviceId));
  if (hit.length === 0) return [];
  const names = someOf(hit.map(({ serviceName }) => serviceName));
  const have = agreeing(hit.length, "has", "have");
  const sentence = `${names} ${have} the failure action rollback: when new tasks fail, Docker itself puts ${agreeing(hit.length, "it", "them")} back on the value that does not work any more.`;
  return [warning("old-value-must-stay-valid", sentence)];
}

type Touched = { change: PlannedChange; service: ServiceObject };
type Rule = {
  code: WarningCode;
  blocks?: true;
  applies(touched: Touched): boolean;
  sentence(names: string, isOne: boolean, first: Touched): string;
  /** Said once for all services where that reads better than a line for each. */
  isGrouped?: true;
};

const rules: Rule[] = [
  {
    code: "busy",
    blocks: true,
    applies: (touched) => isMoved(touched) && isBusy(touched.service),
    sentence: (names, _isOne, { service }) => `${names} is busy: ${busyText(service)}`,
  },
  {
    code: "runs-to-end",
    applies: ({ change }) => change.kind === "runs-to-end",
    sentence: (names, _isOne, { change, service }) =>
      change.leftOut
        ? `${names} ${runsText(service)}: an update would run it again, so it is left out unless you include it.`
        : `${names} ${runsText(service)}: this update runs it again.`,
  },
  {
    code: "asleep",
    applies: (touched) => isMoved(touched) && touched.change.kind === "asleep",
    sentence: (names, isOne) =>
      `${names} ${isOne ? "has" : "have"} no running task: moved now, and unverified until ${isOne ? "it next runs" : "they next run"}.`,
    isGrouped: true,
  },
  {
    code: "restarts-with-downtime",
    applies: (touched) => isMoved(touched) && touched.change.tasks > 0 && touched.change.runMeanwhile === 0,
    sentence: (names, _isOne, { change }) =>
      change.tasks === 1
        ? `${names} stops its only task before the next one starts: it is away for some seconds.`
        : `${names} stops all ${change.tasks} tasks at once before the next ones start: it is away for some seconds.`,
  },
  {
    code: "no-health-check",
    applies: (touched) => isMoved(touched) && touched.change.kind === "long-running" && !touched.change.hasHealthCheck,
    sentence: (names, isOne) =>
      `${names} ${isOne ? "has" : "have"} no health check: Skep can see that ${isOne ? "it runs, not that it works" : "they run, not that they work"}.`,
    isGrouped: true,
  },
  {
    code: "failure-action-continue",
    applies: (touched) => isMoved(touched) && touched.service.updatePolicy.failureAction === "continue",
    sentence: (names, isOne) =>
      `${names} ${isOne ? "goes" : "go"} on updating even when new tasks fail (failure action continue): a bad value reaches every task.`,
    isGrouped: true,
  },
  {
    code: "image-not-pinned",
    applies: (touched) => isMoved(touched) && touched.change.tasks > 0 && !touched.service.isImagePinned,
    sentence: (names, isOne) =>
      `The image${isOne ? "" : "s"} of ${names} ${isOne ? "has" : "have"} no digest: a task that restarts may pull a newer one.`,
    isGrouped: true,
  },
];

const oneManager = warning(
  "one-manager",
  "The Swarm has one manager: while it is away, nothing can be moved or put back.",
);

function warningsOf(rule: Rule, touched: Touched[]): PlanWarning[] {
  const hit = touched.filter(rule.applies);
  const [first] = hit;
  if (!first) return [];
  const blocks = rule.blocks ?? false;
  if (rule.isGrouped && hit.length > 1) {
    const names = someOf(hit.map(({ service }) => service.name));
    return [warning(rule.code, rule.sentence(names, false, first), { blocks })];
  }
  return hit.map((each) => {
    const serviceName = each.service.name;
    return warning(rule.code, rule.sentence(serviceName, true, each), { blocks, serviceName });
  });
}

function isMoved({ change }: Touched): boolean {
  return change.leftOut === null;
}

function busyText({ update }: ServiceObject): string {
  switch (update?.state) {
    case "paused":
      return "its last deploy failed and is paused. Mend or roll back that deploy first; an update now would resume it.";
    case "rollback_paused":
      return "its rollback failed and is paused. Mend that first; an update now would resume it.";
    case "rollback_started":
      return "it is being rolled back by another hand. Wait until that has ended.";
    default:
      return "another update is under way. Wait until that has ended.";
  }
}

function runsText(service: ServiceObject): string {
  return isJob(service) ? "is a job" : "runs to its end";
}

export function leakedWarning(number: number): PlanWarning {
  const sentence = `An emergency rotation says that the value of v${number} has leaked: whoever has it can use it again.`;
  return warning("version-leaked", sentence);
}
