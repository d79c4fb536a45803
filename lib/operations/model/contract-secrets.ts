import "server-only";
import { expect } from "vitest";
import { base64, type ContractCase, type ContractScene, swap } from "./contract-stage.ts";

const outOfSequence = { status: 500, words: /update out of sequence/ };
type SecretJson = { ID: string; Version: { Index: number }; Spec: { Name: string; Labels: Record<string, string> } };

function read(scene: ContractScene, id: string): Promise<SecretJson> {
  return scene.taken("GET", `/secrets/${id}`);
}

export const secretCases: ContractCase[] = [
  {
    promise: "a secret's name is taken whatever its capitals",
    async run(scene) {
      const { name } = await scene.secret();
      const body = { Name: name.toUpperCase(), Labels: {}, Data: base64("other") };
      await scene.refused({ status: 409, words: /already exists/ }, "POST", "/secrets/create", { body });
    },
  },
  {
    promise: "a secret's name has at most 64 characters and begins and ends with a letter or a digit",
    async run(scene) {
      const Data = base64("value");
      const long = scene.name("long").padEnd(64, "x");
      await scene.taken("POST", "/secrets/create", { body: { Name: long, Data } });
      for (const Name of [`${long}x`, "-a", "a-", "a b", "a/b", ""]) {
        await scene.refused({ status: 400, words: /name/ }, "POST", "/secrets/create", { body: { Name, Data } });
      }
    },
  },
  {
    promise: "a secret's value has 1 to 511,999 bytes",
    async run(scene) {
      for (const bytes of [0, 512_000]) {
        const body = { Name: scene.name("size"), Data: base64("x".repeat(bytes)) };
        await scene.refused({ status: 400, words: /secret data must be/ }, "POST", "/secrets/create", { body });
      }
      await scene.secret("x".repeat(511_999));
    },
  },
  {
    promise: "a secret's value is never returned",
    async run(scene) {
      const { id } = await scene.secret("canary");
      expect(JSON.stringify(await read(scene, id))).not.toContain(base64("canary"));
      const list = await scene.taken<SecretJson[]>("GET", "/secrets");
      expect(list.map(({ ID }) => ID)).toContain(id);
      expect(JSON.stringify(list)).not.toContain(base64("canary"));
    },
  },
  {
    promise: "secrets are listed by label and by ID",
    async run(scene) {
      const tag = scene.name("tag");
      const { id } = await scene.secret("old", { Labels: { "io.skep.x": tag } });
      await scene.secret("old", { Labels: { "io.skep.x": "other" } });
      for (const filter of [{ label: [`io.skep.x=${tag}`] }, { id: [id] }]) {
        const query = { filters: JSON.stringify(filter) };
        const found = await scene.taken<SecretJson[]>("GET", "/secrets", { query });
        expect(found.map(({ ID }) => ID)).toEqual([id]);
      }
    },
  },
  {
    promise: "an update of a secret replaces all of its labels, at the version that it was read at",
    async run(scene) {
      const { id, name } = await scene.secret("old", { Labels: { a: "1", b: "2" } });
      const { Version } = await read(scene, id);
      const body = { Name: name, Labels: { c: "3" } };
      await scene.taken("POST", `/secrets/${id}/update`, { query: { version: String(Version.Index) }, body });
      expect((await read(scene, id)).Spec.Labels).toEqual({ c: "3" });
      const again = { query: { version: String(Version.Index) }, body };
      await scene.refused(outOfSequence, "POST", `/secrets/${id}/update`, again);
    },
  },
  {
    promise: "an update of a secret's value is refused before its version is looked at, unless the value is the same",
    async run(scene) {
      const { id, name } = await scene.secret("same");
      const query = { version: "0" };
      const other = { query, body: { Name: name, Labels: {}, Data: base64("other") } };
      await scene.refused({ status: 400, words: /only updates to Labels/ }, "POST", `/secrets/${id}/update`, other);
      const same = { query, body: { Name: name, Labels: {}, Data: base64("same") } };
      await scene.refused(outOfSequence, "POST", `/secrets/${id}/update`, same);
    },
  },
  {
    promise: "a secret is not removed while a service's spec names it, and the service is named",
    async run(scene) {
      const secret = await scene.secret();
      const service = await scene.service({ secrets: [secret], mode: { Replicated: { Replicas: 0 } } });
      const { Spec } = await scene.inspect(service);
      await scene.refused({ status: 400, words: new RegExp(Spec.Name) }, "DELETE", `/secrets/${secret.id}`);
      await scene.taken("DELETE", `/services/${service}`);
      await scene.taken("DELETE", `/secrets/${secret.id}`);
      await scene.refused({ status: 404, words: /not found/ }, "GET", `/secrets/${secret.id}`);
      await scene.refused({ status: 404, words: /not found/ }, "DELETE", `/secrets/${secret.id}`);
    },
  },
  {
    promise:
      "a secret that only a previous spec and an old task need is removed without a word, and a rollback then fails",
    async run(scene) {
      const [old, fresh] = [await scene.secret(), await scene.secret()];
      const service = await scene.runningService({ secrets: [old] });
      await scene.update(service, swap(old, fresh));
      await scene.taken("DELETE", `/secrets/${old.id}`);
      await scene.untilStatus(service, "completed");
      const { Version, Spec } = await scene.inspect(service);
      const query = { version: String(Version.Index), rollback: "previous" };
      await scene.taken("POST", `/services/${service}/update`, { query, body: Spec });
      const words = await scene.until("its tasks die", async () => {
        const died = (await scene.tasks(service)).find(({ Status }) => Status.State === "failed");
        return died?.Status.Err ?? null;
      });
      expect(words).toContain("unable to get secret from secret store");
    },
  },
];
