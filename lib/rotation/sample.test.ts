import { expect, it } from "vitest";
import { sampleRotationPlan } from "./sample.ts";

it("the sample plan shows every kind of line that a plan has", () => {
  const { plan, aboutSeconds } = sampleRotationPlan();
  expect(plan.changes.map(({ serviceName, leftOut }) => [serviceName, leftOut])).toEqual([
    ["shop_api", null],
    ["shop_mailer", null],
    ["shop_worker", null],
    ["shop_migrate", "runs-to-end"],
  ]);
  expect(new Set(plan.warnings.map(({ code }) => code)).size).toBeGreaterThan(5);
  expect(aboutSeconds).toBeGreaterThan(20);
  expect(sampleRotationPlan({ isBusy: true }).plan.warnings.some(({ blocks }) => blocks)).toBe(true);
});
