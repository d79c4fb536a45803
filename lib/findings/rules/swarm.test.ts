import { describe, expect, it } from "vitest";
import { sampleInput, sampleSwarm } from "../sample.ts";
import { noAutolock, oneManager } from "./swarm.ts";

describe("the Swarm itself", () => {
  it("with several managers and autolock has nothing to mend", () => {
    expect([oneManager(sampleInput()), noAutolock(sampleInput())]).toEqual([[], []]);
  });

  it("with one manager loses every secret with it", () => {
    const [node] = sampleSwarm().nodes.values();
    const snapshot = sampleSwarm({ nodes: new Map(node ? [[node.id, node]] : []) });
    expect(oneManager(sampleInput({ snapshot }))[0]).toMatchObject({
      severity: "note",
      hint: expect.stringMatching(/promote/),
    });
  });

  it("without autolock tells its secrets to whoever copies a disk", () => {
    const cluster = { id: "cluster-1", name: "default", isAutolocked: false, engineVersion: "" };
    const [found] = noAutolock(sampleInput({ snapshot: sampleSwarm({ cluster }) }));
    expect(found?.hint).toMatch(/autolock=true/);
  });

  it("that has not answered yet is not judged", () => {
    const snapshot = sampleSwarm({ cluster: null, nodes: new Map() });
    expect([...oneManager(sampleInput({ snapshot })), ...noAutolock(sampleInput({ snapshot }))]).toEqual([]);
  });
});
