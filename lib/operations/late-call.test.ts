import { describe, expect, it } from "vitest";
import { Rehearsal } from "./model/rehearsal.ts";
import { sampleRetirement } from "./sample.ts";

/** Stands still for so long after the intent of its nth call of this kind was written down. */
function standsStillAfter({ store, model }: Rehearsal, call: string, seconds: number): void {
  const save = store.save.bind(store);
  let isFirst = true;
  store.save = async (lease, given) => {
    const saved = await save(lease, given);
    const isIt = given.events?.some(({ detail }) => detail.type === "call.intended" && detail.call.call === call);
    if (isIt && isFirst) {
      isFirst = false;
      model.advance(seconds);
    }
    return saved;
  };
}

function scene() {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  rehearsal.model.addService("a", { secrets: [old] });
  const retire = [sampleRetirement(old.id, { keepSeconds: 0 })];
  return { rehearsal, plan: rehearsal.rotation([old.id], ["a"], { retire }) };
}

describe("a process that stood still between an intent and its call", () => {
  it.each([
    ["secret.create", "createSecret"],
    ["service.update", "updateService"],
    ["secret.remove", "removeSecret"],
  ])(
    "for longer than its lease sends no %s: whoever took over may have waited for a late one in vain",
    async (call, name) => {
      const { rehearsal, plan } = scene();
      standsStillAfter(rehearsal, call, 20);
      const id = await rehearsal.start(plan);
      const sent = () => rehearsal.model.calls.filter((each) => each.name === name).length;
      await expect(rehearsal.run(id)).rejects.toMatchObject({ code: "lease-lost" });
      expect(sent()).toBe(0);
      expect((await rehearsal.run(id)).outcome).toBe("done");
      const ends = rehearsal.store.events.flatMap(({ detail }) =>
        detail.type === "call.ended" ? [detail.call.call] : [],
      );
      expect(ends.filter((each) => each === call).length).toBeGreaterThan(0);
    },
  );

  it("for a moment only sends it", async () => {
    const { rehearsal, plan } = scene();
    standsStillAfter(rehearsal, "service.update", 5);
    expect((await rehearsal.run(await rehearsal.start(plan))).outcome).toBe("done");
  });
});
