import { expect, it } from "vitest";
import { Rehearsal } from "#lib/operations/model/rehearsal.ts";
import { sampleChange, samplePlan, sampleVersion, toCreated } from "#lib/operations/sample.ts";
import { startWorker } from "./worker.ts";

it("operations that wait for a soak keep nobody else's from beginning", async () => {
  const rehearsal = new Rehearsal();
  const count = 30;
  for (let each = 0; each < count; each += 1) {
    const ids = { secretId: `secret-${each}`, versionId: `version-${each}` };
    const old = rehearsal.own(`secret${each}`, 1, ids);
    rehearsal.model.addService(`s${each}`, { secrets: [old] });
    const create = [sampleVersion({ secretId: ids.secretId, secretName: `secret${each}`, versionId: `new-${each}` })];
    const secrets = [{ secretId: ids.secretId, secretName: `secret${each}`, fromVersion: 1, toVersion: 2 }];
    const changes = [sampleChange(`service-s${each}`, [toCreated([old.id], `new-${each}`)])];
    await rehearsal.start(samplePlan({ create, secrets, changes }));
  }
  // The model's time stands still: none of them comes to its end.
  const worker = startWorker({
    ports: rehearsal.ports,
    owner: "test",
    listen: () => () => undefined,
    scanSeconds: 0.05,
  });
  const moved = () => rehearsal.model.calls.filter(({ name }) => name === "updateService").length;
  try {
    await expect.poll(moved).toBe(count);
  } finally {
    await worker.stop();
  }
});
