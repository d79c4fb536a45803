import "server-only";
import type { RotatorFailure } from "#lib/rotators/failure.ts";
import type { PlannedRotator } from "../planned-value.ts";
import type { Rotators } from "../ports.ts";
import { sampleChange, sampleRetirement, sampleRotator, sampleVersion, toCreated } from "../sample.ts";
import { Rehearsal } from "./rehearsal.ts";

/** Other sides of which one keeps the old value, since services have its two logins by turns. */
const sides = {
  orders: { login: "orders_app", oldLogin: "orders_app", keepsOld: false },
  stock: { login: "stock_b", oldLogin: "stock_a", keepsOld: true },
  mails: { login: "mails_app", oldLogin: "mails_app", keepsOld: false },
} satisfies Record<string, Partial<PlannedRotator>>;
type Side = keyof typeof sides;

const template = "{{user}}:{{password}}";

/** One service with a password of each of these other sides, and the rotation of them all, in this order. */
export function rotatedGroup(names: readonly Side[]) {
  const rehearsal = new Rehearsal();
  const { otherSide, model, store } = rehearsal;
  const olds = names.map((name) => {
    const old = rehearsal.own(name, 1, { secretId: `secret-${name}`, versionId: `${name}-1` });
    const { oldLogin } = sides[name];
    old.value = `${oldLogin}:old`;
    otherSide.has(`rotator-${name}`, oldLogin, "old");
    const version = store.books.versions.get(`${name}-1`);
    if (version) store.books.versions.set(version.id, { ...version, rotatorId: `rotator-${name}`, login: oldLogin });
    return { ...old, target: name };
  });
  model.addService("a", { secrets: olds });
  const owner = (name: Side) => ({ secretId: `secret-${name}`, secretName: name });
  const plan = rehearsal.rotation([], [], {
    oldValueStaysValid: names.every((name) => sides[name].keepsOld),
    secrets: names.map((name) => ({ ...owner(name), fromVersion: 1, toVersion: 2 })),
    create: names.map((name) => {
      const value = { from: "rotator", rotatorId: `rotator-${name}`, template } as const;
      return sampleVersion({ ...owner(name), versionId: `${name}-2`, objectName: `${name}_v2`, value });
    }),
    changes: [
      sampleChange(
        "service-a",
        olds.map(({ id, target }) => ({ ...toCreated([id], `${target}-2`), targets: [target] }) as const),
      ),
    ],
    retire: olds.map(({ id, target }) =>
      sampleRetirement(id, { ...owner(target), versionId: `${target}-1`, objectName: `${target}_v1` }),
    ),
    rotators: names.map((name) =>
      sampleRotator({ ...sides[name], rotatorId: `rotator-${name}`, rotatorName: name, needsFinish: false }),
    ),
  });
  const { asked, refuses } = overhear(rehearsal);
  const textOf = (objectName: string) => [...model.secrets.values()].find((each) => each.name === objectName)?.value;
  const accepts = (name: Side, password: string) =>
    otherSide.accepts(`rotator-${name}`, sides[name].oldLogin, password);
  function takesCurrent(name: Side): boolean {
    const versions = [...store.books.versions.values()].filter(({ secretId }) => secretId === `secret-${name}`);
    const current = versions.find(({ state }) => state === "current")?.objectName ?? "";
    const [login = "", password = ""] = (textOf(current) ?? "").split(":");
    return otherSide.accepts(`rotator-${name}`, login, password);
  }
  const states = () =>
    Object.fromEntries([...store.books.versions.values()].map(({ objectName, state }) => [objectName, state]));
  return { rehearsal, plan, asked, refuses, accepts, takesCurrent, states };
}

/** Calls as "set orders", in the order in which they came, and with what some of them fail. */
function overhear({ ports, otherSide }: Rehearsal) {
  const asked: string[] = [];
  const refuses = new Map<string, RotatorFailure>();
  const heard = <Given extends [PlannedRotator, ...unknown[]], T>(
    name: string,
    call: (...given: Given) => Promise<T>,
  ) => {
    return async (...given: Given): Promise<T> => {
      const entry = `${name} ${given[0].rotatorName}`;
      asked.push(entry);
      const failure = refuses.get(entry);
      if (failure) throw failure;
      return call.apply(otherSide, given);
    };
  };
  ports.rotators = {
    check: heard("check", otherSide.check),
    set: heard("set", otherSide.set),
    test: heard("test", otherSide.test),
    finish: heard("finish", otherSide.finish),
  } satisfies Rotators;
  return { asked, refuses };
}
