import "server-only";
import { sampleFacts, sampleRecord, sampleSettings } from "#lib/grants/sample.ts";
import { shownPlan } from "#lib/grants/shown.ts";
import type { ShownPlan } from "#lib/operations/schema.ts";
import { sampleReference, sampleService } from "#lib/swarm/sample.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { rotatePlanOf } from "./rotate.ts";
import { rotateInput } from "./schema.ts";

/** The plan of the pictures: a canary, a second service, one asleep, a job that is left out, and what to know of each. */
export function sampleRotationPlan(over: { isBusy?: boolean } = {}): ShownPlan {
  const settings = {
    ...sampleSettings,
    generator: { type: "password", alphabet: "letters-digits", length: 32 },
  } as const;
  const facts = sampleFacts({ services: sampleHolders(over), records: [sampleRecord({ settings })], managers: 1 });
  return shownPlan(facts, rotatePlanOf(facts, rotateInput.parse({ secretId: "secret-db_password" })));
}

function sampleHolders({ isBusy = false }): ServiceObject[] {
  const named = (name: string, over: Partial<ServiceObject>, target = "db_password") =>
    sampleService({
      name,
      stack: "shop",
      references: [sampleReference({ objectName: "db_password_v2", target })],
      ...over,
    });
  const inTwos = { delaySeconds: 0, monitorSeconds: 5, failureAction: "pause", order: "stop-first" } as const;
  const update = { state: "paused", startedAt: null, completedAt: null, message: "task failed" } as const;
  return [
    named("shop_worker", { mode: { type: "replicated", replicas: 4 } }),
    named("shop_api", {
      mode: { type: "replicated", replicas: 6 },
      updatePolicy: { ...inTwos, parallelism: 2 },
      healthCheck: { intervalSeconds: 5, retries: 3, startPeriodSeconds: 0 },
      update: isBusy ? update : null,
    }),
    named("shop_mailer", { mode: { type: "replicated", replicas: 0 } }),
    named("shop_migrate", { mode: { type: "replicated-job", completions: 1 }, restartCondition: "none" }, "pg_pass"),
  ];
}
