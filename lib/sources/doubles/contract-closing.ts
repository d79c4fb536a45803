import "server-only";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { password, type Scene, textFrom } from "./scene.ts";

export function contractOfClosing(scene: Scene): void {
  const { requests } = scene.stage;
  if (requests() !== null)
    it("logs in once, however many ask at the same time", async () => {
      await scene.put("busy", { password: "for all" });
      const source = await scene.open();
      const before = requests()?.length ?? 0;
      const texts = await Promise.all(Array.from({ length: 20 }, () => textFrom(source, scene.path("busy"), password)));
      const asked = requests()?.slice(before) ?? [];
      await source.close();
      expect(new Set(texts)).toEqual(new Set(["for all"]));
      expect(asked.filter((request) => /login|AssumeRole/i.test(request)).length).toBeLessThanOrEqual(1);
      expect(asked.length).toBeLessThanOrEqual(20 + 3);
    });

  it("leaves no connection open when it is closed, and none that was still waiting", async () => {
    await scene.put("closing", { password: "x" });
    const before = connections();
    const source = await scene.open();
    await textFrom(source, scene.path("closing"), password);
    const reads = Array.from({ length: 40 }, () => source.read(scene.path("closing"), password, null));
    await source.close();
    for (const read of await Promise.allSettled(reads)) if (read.status === "fulfilled") read.value.value.forget();
    for (let tries = 0; tries < 500 && connections() > before; tries += 1) await delay(20);
    expect(connections()).toBeLessThanOrEqual(before);
  });
}

/** Of this process, at both ends where the stage is a double. */
function connections(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "TCPSocketWrap").length;
}
