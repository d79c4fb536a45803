import "server-only";
import { findStep, rotatorsOf } from "../ledger.ts";
import type { StepRun } from "../pass.ts";
import type { PlannedRotator } from "../planned-value.ts";
import type { Ports, Rotators } from "../ports.ts";
import { steps } from "../steps.ts";
import type { Leased, Save } from "../store-port.ts";
import type { HistoryDrawn } from "./history-schema.ts";
import type { Planted } from "./planted.ts";
import { bare, plain, rotate } from "./regressions.ts";

/** Later than any turn. */
const latest = Number.MAX_SAFE_INTEGER;

type Found = Pick<Planted, "breaks" | "draw" | "history">;

function inRotators(name: string, found: Found, set: (good: Rotators) => Rotators["set"]): Planted {
  const ports = ({ rotators, ...others }: Ports): Ports => ({
    ...others,
    rotators: {
      check: (rotator) => rotators.check(rotator),
      set: set(rotators),
      // A set that was changed may have another turn than the one that is asked about.
      test: (rotator, { operationId }, password) =>
        rotators.test(rotator, { operationId, generation: latest }, password),
      finish: (rotator, turn) => rotators.finish(rotator, turn),
    },
  });
  return { name, ...found, ports };
}

function inStore(name: string, found: Found, over: (store: Ports["store"]) => Partial<Ports["store"]>): Planted {
  const ports = (given: Ports): Ports => {
    const changed = over(given.store);
    const store = new Proxy(given.store, {
      get: (target, property) => Reflect.get(changed, property) ?? Reflect.get(target, property),
    });
    return { ...given, store };
  };
  return { name, ...found, ports };
}

function inStep(name: string, found: Found, step: "create" | "set", variant: (good: StepRun) => StepRun): Planted {
  const plant = () => {
    const { run } = steps[step];
    steps[step].run = variant(run);
    return () => {
      steps[step].run = run;
    };
  };
  return { name, ...found, steps: plant };
}

/** The worker believes of every rotator that the old password works beside the new one. */
function withWayBack(leased: Leased): Leased {
  const { operation } = leased;
  const { rotators = [] } = operation.plan;
  const kept = rotators.map((rotator): PlannedRotator => ({ ...rotator, keepsOld: true }));
  const plan = { ...operation.plan, ...(rotators.length > 0 ? { rotators: kept, oldValueStaysValid: true } : {}) };
  return { ...leased, operation: { ...operation, plan } };
}

/** The worker dies over its set, which arrives when another one has set a fresh password and moved the service. */
const diesOnTheWay: HistoryDrawn = {
  ...bare,
  services: [plain],
  first: { verb: "put-back", secret: 1, service: 0 },
  acts: [
    {
      afterSeconds: 0,
      before: { calls: 1, isWrite: true },
      happening: { fault: "die", moment: "on-the-way", after: 0 },
    },
    { afterSeconds: 0, before: null, happening: { ...rotate, value: "rotator" } },
  ],
};

export const plantedInRotators: readonly Planted[] = [
  inStep(
    "services move before anybody has signed in with the new password",
    { breaks: ["R5"], draw: 2 },
    "set",
    (good) => async (pass, step, look) => {
      const outcome = await good(pass, step, look);
      const test = findStep(pass.operation, "test", step.subjectId);
      return outcome.outcome === "done" && test ? { ...outcome, others: [{ ...test, state: "skipped" }] } : outcome;
    },
  ),
  inStep(
    "an object is taken over whose password is lost",
    { breaks: ["R5", "R7"], draw: 163 },
    "create",
    (good) => async (pass, step, look) => {
      const outcome = await good(pass, step, look);
      for (const rotator of rotatorsOf(pass.operation.plan)) {
        if (outcome.facts?.object) pass.made.sentBy(rotator, { key: step.key, attempt: step.attempt });
      }
      return outcome;
    },
  ),
  inRotators(
    "a set that comes late wins",
    { breaks: ["R7", "R5"], draw: 0, history: diesOnTheWay },
    (good) => (rotator, _turn, password) => good.set(rotator, { operationId: "any", generation: latest }, password),
  ),
  inRotators(
    "the login that services have is set",
    { breaks: ["R7"], draw: 44 },
    (good) => (rotator, turn, password) => {
      const { login, oldLogin } = rotator;
      return good.set({ ...rotator, login: oldLogin, oldLogin: login }, turn, password);
    },
  ),
  inStore("nobody asks who has the login that is set", { breaks: ["R7"], draw: 22 }, () => ({
    findVersionsOfLogin: async () => [],
  })),
  inStore("an object with a lost password is forgotten", { breaks: ["R2"], draw: 88 }, (store) => ({
    save(lease, save) {
      const records: Save["records"] = save.records?.filter(({ record }) => record !== "version-given-up");
      return store.save(lease, records ? { ...save, records } : save);
    },
  })),
  inStore("a failure is undone although the only login has a new password", { breaks: ["R7"], draw: 155 }, (store) => ({
    async lease(id, owner) {
      const leased = await store.lease(id, owner);
      return leased && withWayBack(leased);
    },
  })),
];
