import { expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import type { SecretValue } from "#lib/value.ts";
import { createCommands } from "./by-hand-commands.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import type { PlannedValue } from "./planned-value.ts";
import { sampleChange, samplePermit, samplePlan, sampleVersion, toCreated } from "./sample.ts";
import { startOperation } from "./start.ts";

const sourced: PlannedValue = {
  from: "source",
  bindingId: "binding-1",
  sourceId: "source-1",
  sourceName: "vault",
  path: "shop/db",
  take: { take: "field", field: "password" },
  sourceVersionId: "7",
};

/** A service that holds the secret, and the plan that moves it to the version at the source. */
function begin() {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  rehearsal.model.addService("a", { secrets: [old] });
  const create = [sampleVersion({ value: sourced })];
  const plan = samplePlan({ create, changes: [sampleChange("service-a", [toCreated([old.id])])] });
  const permit = samplePermit("secret.rotate", { secretIds: ["secret-db"] });
  const { ports } = rehearsal;
  return { rehearsal, start: () => startOperation(permit, plan, { ports }) };
}

const made = ({ model }: Rehearsal) => [...model.secrets.values()].find(({ name }) => name === "db_password_v2");
const timeout = new AppError("swarm-timeout", "The Swarm did not answer in time.");
const gone = new AppError("source-not-found", "vault has nothing there. Look at the path.");

it("is read by the worker, and Postgres knows which version at the source the Swarm got", async () => {
  const { rehearsal, start } = begin();
  const { id, state } = await start();
  expect(state).toBe("open");
  expect(made(rehearsal)).toBeUndefined();
  expect((await rehearsal.run(id)).outcome).toBe("done");
  expect(made(rehearsal)?.value).toBe("shop/db@7");
  expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v2" });
  expect(rehearsal.store.books.versions.get("version-2")).toMatchObject({ state: "current", sourceVersionId: "7" });
  expect(JSON.stringify([rehearsal.store.events, await rehearsal.find(id)])).not.toContain("shop/db@7");
});

it("is in the history by source, path and version", async () => {
  const { rehearsal, start } = begin();
  await start();
  const [intended] = rehearsal.store.events.map(({ detail }) => detail);
  expect(intended).toMatchObject({ versions: [{ from: { source: "vault", path: "shop/db", version: "7" } }] });
});

it("is overwritten when the Swarm has it, and when the Swarm refuses it", async () => {
  for (const isRefused of [false, true]) {
    const { rehearsal, start } = begin();
    const given: SecretValue[] = [];
    const { read } = rehearsal.ports.sources;
    rehearsal.ports.sources.read = async (value) => {
      const answer = await read(value);
      given.push(answer);
      return answer;
    };
    if (isRefused) {
      rehearsal.model.meddle = async ({ name }, apply) => {
        if (name === "createSecret") throw new AppError("swarm-refused", "Docker refused this.");
        return apply();
      };
    }
    await rehearsal.run((await start()).id);
    expect(given.length).toBe(isRefused ? 5 : 1);
    for (const value of given) await expect(value.use(async () => false)).rejects.toMatchObject({ code: "value-lost" });
  }
});

it("ends as failed, nothing changed, in the source's own words, where the source gives nothing: and it is asked once", async () => {
  const { rehearsal, start } = begin();
  let asked = 0;
  rehearsal.ports.sources.read = async () => {
    asked += 1;
    throw gone;
  };
  const operation = await rehearsal.run((await start()).id);
  expect(operation.outcome).toBe("failed-nothing-changed");
  expect(asked).toBe(1);
  expect(operation.steps.find(({ name }) => name === "create")?.errorText).toBe(gone.publicMessage);
  expect(made(rehearsal)).toBeUndefined();
  expect(rehearsal.store.events.filter(({ detail }) => detail.type === "call.intended")).toEqual([]);
  expect(rehearsal.updates("a")).toBe(0);
});

it.each([true, false])("is one object after a lost answer (it had arrived: %s)", async (hasArrived) => {
  const { rehearsal, start } = begin();
  let isFirst = true;
  rehearsal.model.meddle = async (_call, apply) => {
    if (!isFirst) return apply();
    isFirst = false;
    if (hasArrived) await apply();
    throw timeout;
  };
  expect((await rehearsal.run((await start()).id)).outcome).toBe("done");
  const own = [...rehearsal.model.secrets.values()].filter(({ name }) => name.startsWith("db_password_v"));
  expect(own.map(({ name }) => name)).toEqual(["db_password_v1", "db_password_v2"]);
});

it("whose answer is lost, and which the source then no longer gives, is looked after before it counts as failed", async () => {
  const { rehearsal, start } = begin();
  let isFirst = true;
  rehearsal.model.meddle = async (_call, apply) => {
    if (!isFirst) return apply();
    isFirst = false;
    rehearsal.sourceFailure = gone;
    throw timeout;
  };
  const operation = await rehearsal.run((await start()).id);
  expect(operation.outcome).toBe("failed-nothing-changed");
  const ends = rehearsal.store.events.flatMap(({ detail }) => (detail.type === "call.ended" ? detail.result : []));
  expect(ends).toEqual(["not-applied"]);
});

it("by hand, comes out of a file that a person fills", () => {
  const commands = createCommands(sampleVersion({ value: sourced }));
  expect(commands[0]).toBe("umask 077");
  expect(commands.join("\n")).not.toContain("password_of");
  expect(commands.at(-1)).toContain("docker secret create");
});
