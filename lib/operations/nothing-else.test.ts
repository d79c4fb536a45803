import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cycleOf } from "./witness/fake-scene.ts";
import { generatedSpec } from "./witness/generated.ts";
import { type ObjectNames, specTextOf } from "./witness/shape.ts";
import { shapes } from "./witness/shapes.ts";

/** R4 at the socket: what is sent for a service against what was read of it just before, by a parser of its own. */
describe("every spec that Skep sends differs from the one that it read in what it must, and in nothing else", () => {
  it("for shapes of real stack files, by each verb", async () => {
    const tally = await cycleOf(shapes.map((shape) => (objects) => specTextOf(shape, objects)));
    expect(tally.complaints).toEqual([]);
    expect(shapes.length).toBeGreaterThanOrEqual(44);
    const { rotate, undo, grant, revoke, release } = tally.updates;
    expect(rotate).toBeGreaterThanOrEqual(44);
    expect(grant).toBe(2 * shapes.length);
    expect(tally.updates["put back"]).toBe(shapes.length - 1);
    expect([undo, revoke, release].every((updates) => updates >= 40)).toBe(true);
  });

  it("when it is sent again, too: answers are lost, and updates break off", async () => {
    const some = shapes.filter((_, index) => index % 4 === 0);
    const specs = some.map((shape) => (objects: ObjectNames) => specTextOf(shape, objects));
    const tally = await cycleOf(specs, { fates: ["passed on", "answer lost", "broken off"] });
    expect(tally.complaints).toEqual([]);
    expect(tally.updates.grant).toBe(2 * some.length);
  });

  it("for generated ones: unknown fields, odd numbers, keys in any order, every way of writing a character", async () => {
    const several = fc.array(generatedSpec, { minLength: 20, maxLength: 20, size: "max" });
    await fc.assert(
      fc.asyncProperty(several, async (specs) => {
        const tally = await cycleOf(specs.map((spec, index) => (objects) => spec(`generated-${index}`, objects)));
        expect(tally.complaints).toEqual([]);
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });
});
