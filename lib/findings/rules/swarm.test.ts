import { describe, expect, it } from "vitest";
import { lineOf, sampleInput, sampleSwarm } from "../sample.ts";
import { managerLost, noAutolock, oneManager } from "./swarm.ts";

describe("the Swarm itself", () => {
  it("with several managers and autolock has nothing to mend", () => {
    const input = sampleInput();
    expect([managerLost(input), oneManager(input), noAutolock(input)]).toEqual([[], [], []]);
  });

  it("that has lost a manager needs a person, the more so where it can lose no other one", () => {
    const found = (managers: number) => {
      const [first, ...others] = sampleSwarm().nodes.values();
      if (!first) throw new Error("The sample has no node.");
      const more = Array.from({ length: managers - 3 }, (_, place) => ({ ...first, id: `more-${place}` }));
      const nodes = [{ ...first, isReachable: false }, ...others, ...more];
      const snapshot = sampleSwarm({ nodes: new Map(nodes.map((node) => [node.id, node])) });
      return managerLost(sampleInput({ snapshot })).map((each) => [each.severity, lineOf(each)]);
    };
    expect(found(3)).toEqual([["now", "The manager node-1 is not reachable: one more, and nothing can be changed"]]);
    expect(found(5)).toEqual([["soon", "The manager node-1 is not reachable"]]);
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
