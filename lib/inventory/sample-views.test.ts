import { expect, it } from "vitest";
import { sampleViews } from "./sample-views.ts";

it("the samples show a secret in each condition, and a service of each kind to look at", () => {
  const { secrets, services, overview, secretViews, serviceViews } = sampleViews({ type: "system" });
  expect(secrets.rows.map(({ name, condition }) => [name, condition])).toEqual([
    ["catalog_key", "service-unwell"],
    ["db_password", "healthy"],
    ["jwt_key", "rotating"],
    ["legacy_ftp", "unused"],
    ["lost_key", "missing"],
    ["mongo_root", "unmanaged"],
    ["redis_password", "drifted"],
    ["smtp_login", "service-down"],
    ["stuck_key", "needs-attention"],
  ]);
  expect(services.flatMap(({ notes }) => notes)).toEqual(["drifted", "paused", "secret in environment"]);
  expect(new Set(overview.findings.map(({ rule }) => rule)).size).toBeGreaterThan(5);
  expect([secretViews.length, serviceViews.length]).toEqual([8, 5]);
});
