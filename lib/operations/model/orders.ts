import "server-only";
import type { RotatorFailure } from "#lib/rotators/failure.ts";
import type { PlannedRotator } from "../planned-value.ts";
import { sampleRotator, sampleVersion } from "../sample.ts";
import type { Plan } from "../schema.ts";
import { Rehearsal } from "./rehearsal.ts";

const template = "{{user}}:{{password}}";
export const value = { from: "rotator", rotatorId: "rotator-1", template } as const;
export const oneLogin = { login: "app_a", oldLogin: "app_a", keepsOld: false } as const;

/** Two services that sign in at a database with what the secret says, and the rotation of its password. */
export function orders(over: Partial<PlannedRotator> = {}, plan: Partial<Plan> = {}) {
  const rehearsal = new Rehearsal();
  const { model, otherSide, store } = rehearsal;
  const rotator = sampleRotator(over);
  const old = rehearsal.own();
  old.value = "app_a:first";
  otherSide.has("rotator-1", "app_a", "first");
  const version = store.books.versions.get("version-1");
  if (version) store.books.versions.set("version-1", { ...version, rotatorId: "rotator-1", login: "app_a" });
  for (const name of ["a", "b"]) model.addService(name, { secrets: [old] });
  const rotation = rehearsal.rotation([old.id], ["a", "b"], {
    order: "one-by-one",
    create: [sampleVersion({ value })],
    rotators: [rotator],
    oldValueStaysValid: rotator.keepsOld,
    ...plan,
  });
  const refused = watchSignIns(rehearsal);
  return { rehearsal, plan: rotation, old, refused };
}

/** What running tasks could not sign in with, looked at after every call that reaches the Swarm or the database. */
function watchSignIns(rehearsal: Rehearsal): string[] {
  const refused: string[] = [];
  const { model, otherSide, ports } = rehearsal;
  function look(): void {
    for (const { state, secretIds } of model.tasks) {
      if (state !== "running") continue;
      for (const id of secretIds) {
        const [login = "", password = ""] = (model.secrets.get(id)?.value ?? "").split(":");
        if (!otherSide.accepts("rotator-1", login, password)) refused.push(`${login} at ${model.now}`);
      }
    }
  }
  const watched = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const method = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return async (...given: unknown[]) => {
          try {
            return await method.apply(target, given);
          } finally {
            look();
          }
        };
      },
    });
  ports.swarm = watched(ports.swarm);
  ports.rotators = watched(ports.rotators);
  return refused;
}

/** It answers, and would set a password, until it is to. */
export function failsToSet({ ports }: Rehearsal, failure: RotatorFailure): void {
  ports.rotators.set = () => Promise.reject(failure);
}

export function passwordIn({ model }: Rehearsal, objectName: string): [string, string] {
  const object = [...model.secrets.values()].find(({ name }) => name === objectName);
  const [login = "", password = ""] = (object?.value ?? "").split(":");
  return [login, password];
}

export function runs({ model }: Rehearsal): string[] {
  const names = new Map([...model.secrets.values()].map(({ id, name }) => [id, name]));
  const running = model.tasks.filter(({ state }) => state === "running");
  return [...new Set(running.flatMap(({ secretIds }) => secretIds.map((id) => names.get(id) ?? "gone")))];
}

/** Objects that Postgres knows nothing of. */
export function unknownObjects({ model, store }: Rehearsal): string[] {
  const known = new Set([...store.books.versions.values()].map(({ objectId }) => objectId));
  return [...model.secrets.values()].filter(({ id }) => !known.has(id)).map(({ name }) => name);
}
