import "server-only";
import { isAppError } from "#lib/errors.ts";
import type { Ports } from "../ports.ts";
import type { Leased, OperationStore, Save, Saved } from "../store-port.ts";
import type { Planted } from "./planted.ts";

type Swap = (store: OperationStore, ports: Ports) => Partial<OperationStore>;

type Found = { breaks: readonly string[]; draw: number };

function inStore(name: string, found: Found, swap: Swap): Planted {
  return {
    name,
    ...found,
    ports: (ports) => {
      const changed = swap(ports.store, ports);
      const store = new Proxy(ports.store, {
        get: (target, property) => Reflect.get(changed, property) ?? Reflect.get(target, property),
      });
      return { ...ports, store };
    },
  };
}

function saving(change: (save: Save) => Save): Swap {
  return (store) => ({ save: (lease, save) => store.save(lease, change(save)) });
}

/** What the worker works by is another plan than the one that was written down. */
function leasing(change: (leased: Leased) => Leased): Swap {
  return (store) => ({
    async lease(id, owner) {
      const leased = await store.lease(id, owner);
      return leased && change(leased);
    },
  });
}

function withPlan(leased: Leased, over: Partial<Leased["operation"]["plan"]>): Leased {
  const { operation } = leased;
  return { ...leased, operation: { ...operation, plan: { ...operation.plan, ...over } } };
}

/** As if it had been kept, or answered. */
async function believing<T>(work: Promise<T>, code: "database-unreachable" | "lease-lost", instead: T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isAppError(error, code)) throw error;
    return instead;
  }
}

/** Above every ordinal that a ledger has: what is mirrored there comes in reverse. */
const turned = 100_000;

const kept: Saved = { isSaved: true, direction: "forward", state: "open", attention: null, revision: 0 };

export const plantedInStore: readonly Planted[] = [
  inStore(
    "calls are not written down first",
    { breaks: ["R14"], draw: 2 },
    saving((save) => ({ ...save, events: save.events?.filter(({ detail }) => detail.type !== "call.intended") ?? [] })),
  ),
  inStore(
    "the end of a call is not written down",
    { breaks: ["R14"], draw: 2 },
    saving((save) => ({ ...save, events: save.events?.filter(({ detail }) => detail.type !== "call.ended") ?? [] })),
  ),
  inStore("the work goes on without Postgres", { breaks: ["R11", "R14"], draw: 29 }, (store) => ({
    save: (lease, save) => believing(store.save(lease, save), "database-unreachable", kept),
    findReadOnlyReason: (id) => believing(store.findReadOnlyReason(id), "database-unreachable", null),
    findRole: (id) => believing(store.findRole(id), "database-unreachable", "administrator"),
    lockServices: (lease, clusterId, ids) =>
      believing(store.lockServices(lease, clusterId, ids), "database-unreachable", [...ids]),
  })),
  inStore("whoever lost the lease goes on", { breaks: ["R14", "R10", "R11"], draw: 111 }, (store) => ({
    save: (lease, save) => believing(store.save(lease, save), "lease-lost", kept),
    lockServices: (lease, clusterId, ids) =>
      believing(store.lockServices(lease, clusterId, ids), "lease-lost", [...ids]),
  })),
  inStore("services are taken without asking whose they are", { breaks: ["R9"], draw: 33 }, (store) => ({
    async lockServices(lease, clusterId, ids) {
      await store.lockServices(lease, clusterId, ids);
      return [...ids];
    },
  })),
  inStore(
    "services are never given back",
    { breaks: ["R9", "order", "R6"], draw: 2 },
    saving(({ unlock: _, ...save }) => save),
  ),
  inStore("Skep's own updates count as deploys", { breaks: ["R3"], draw: 802 }, (store) => ({
    async findServiceWrites(clusterId, about) {
      return "serviceIds" in about ? [] : store.findServiceWrites(clusterId, about);
    },
  })),
  inStore("rights are not asked again", { breaks: ["R16"], draw: 51 }, () => ({
    findRole: async () => "administrator",
  })),
  inStore(
    "failures are not counted",
    { breaks: ["R15", "R6"], draw: 117 },
    saving((save) => {
      for (const step of save.steps ?? []) Object.assign(step, { failures: 0 });
      return save;
    }),
  ),
  inStore(
    "a failure is undone although the old value does not work",
    { breaks: ["R7"], draw: 334 },
    leasing((leased) => withPlan(leased, { oldValueStaysValid: true })),
  ),
  inStore(
    "one by one is all at once",
    { breaks: ["order"], draw: 10 },
    leasing((leased) => withPlan(leased, { order: "together", atMost: null, canaryServiceId: null })),
  ),
  inStore(
    "the rest does not wait for the canary",
    { breaks: ["order"], draw: 51 },
    leasing((leased) => withPlan(leased, { canaryServiceId: null })),
  ),
  inStore(
    "what failed is put back last",
    { breaks: ["R7"], draw: 62 },
    saving((save) => {
      for (const step of save.steps ?? []) {
        if (step.name === "undo" && step.state === "waiting" && step.ordinal < turned) {
          Object.assign(step, { ordinal: 2 * turned - step.ordinal });
        }
      }
      return save;
    }),
  ),
  inStore(
    "every end is a success",
    { breaks: ["R8"], draw: 0 },
    saving((save) => {
      const events = save.events?.map((event) => {
        const { detail } = event;
        return detail.type === "operation.ended"
          ? { ...event, detail: { ...detail, outcome: "done" as const } }
          : event;
      });
      return events ? { ...save, events } : save;
    }),
  ),
  inStore("a value is kept for later", { breaks: ["R1"], draw: 0 }, (store, { random }) => ({
    save(lease, save) {
      const kept: Save["steps"] = save.steps?.map((step) => {
        if (step.name !== "create") return step;
        let text = "";
        random.value({ type: "uuid" }).use(async (bytes) => {
          text = Buffer.from(bytes).toString();
        });
        return { ...step, errorText: text };
      });
      return store.save(lease, kept ? { ...save, steps: kept } : save);
    },
  })),
];
