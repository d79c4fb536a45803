import { describe, expect, it } from "vitest";
import { rotatePlanOf } from "#lib/rotation/rotate.ts";
import { rotateInput } from "#lib/rotation/schema.ts";
import { sampleReference, sampleService } from "#lib/swarm/sample.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { sampleFacts } from "./sample.ts";

/** A service of which there is nothing to say. */
const sound: Partial<ServiceObject> = {
  mode: { type: "replicated", replicas: 3 },
  references: [sampleReference({ objectName: "db_password_v2" })],
  healthCheck: { intervalSeconds: 10, retries: 3, startPeriodSeconds: 5 },
  isImagePinned: true,
};
const policy = sampleService().updatePolicy;
const status = (state: "updating" | "paused" | "rollback_started" | "rollback_paused") => ({
  update: { state, startedAt: null, completedAt: null, message: "" },
});

function warningsFor(services: Partial<ServiceObject>[], asked: object = {}, managers = 3) {
  const all = services.map((each) => sampleService({ ...sound, ...each }));
  const input = rotateInput.parse({ secretId: "secret-db_password", ...asked });
  return rotatePlanOf(sampleFacts({ services: all, managers }), input).warnings;
}

const about = (services: Partial<ServiceObject>[], code: string, asked = {}, managers = 3) =>
  warningsFor(services, asked, managers).filter((each) => each.code === code);

describe("what a plan warns of", () => {
  it("is nothing of a sound service, but what holds of every rotation", () => {
    expect(warningsFor([{}]).map(({ code }) => code)).toEqual(["rollback-restores-nothing"]);
  });

  it.each<[string, Partial<ServiceObject>, string]>([
    [
      "no-health-check",
      { healthCheck: null },
      "web has no health check: Skep can see that it runs, not that it works.",
    ],
    ["no-health-check", { healthCheck: "disabled" }, "web has no health check"],
    [
      "failure-action-continue",
      { updatePolicy: { ...policy, failureAction: "continue" } },
      "web goes on updating even when new tasks fail (failure action continue)",
    ],
    [
      "image-not-pinned",
      { isImagePinned: false },
      "The image of web has no digest: a task that restarts may pull a newer",
    ],
    [
      "asleep",
      { mode: { type: "replicated", replicas: 0 } },
      "web has no running task: moved now, and unverified until it next runs.",
    ],
    [
      "restarts-with-downtime",
      { mode: { type: "replicated", replicas: 1 } },
      "web stops its only task before the next one starts",
    ],
    [
      "restarts-with-downtime",
      { updatePolicy: { ...policy, parallelism: 0 } },
      "web stops all 3 tasks at once before the next ones start",
    ],
  ])("%s: where it is true, in words, and blocks nothing", (code, service, words) => {
    const [warning] = about([service], code);
    expect(warning).toMatchObject({ serviceName: "web", blocks: false });
    expect(warning?.sentence).toContain(words);
  });

  it.each(["updating", "paused", "rollback_started", "rollback_paused"] as const)(
    "busy: a service that is %s by another hand blocks the plan, and says why",
    (state) => {
      const [warning] = about([status(state)], "busy");
      expect(warning).toMatchObject({ serviceName: "web", blocks: true });
      expect(warning?.sentence).toMatch(/another update is under way|failed and is paused|rolled back by another hand/);
      expect(about([status(state)], "busy", { leaveOut: ["service-web"] })).toEqual([]);
    },
  );

  it.each(["completed", "rollback_completed"] as const)("busy: not what has ended (%s)", (state) => {
    const update = { state, startedAt: null, completedAt: null, message: "" };
    expect(about([{ update }], "busy")).toEqual([]);
  });

  it("runs to end: left out, or run again where it is ticked; a job is called one", () => {
    const job = { mode: { type: "replicated-job", completions: 1 }, restartCondition: "none" } as const;
    expect(about([job], "runs-to-end")[0]?.sentence).toBe(
      "web is a job: an update would run it again, so it is left out unless you include it.",
    );
    expect(about([job], "runs-to-end", { include: "service-web" })[0]?.sentence).toBe(
      "web is a job: this update runs it again.",
    );
    expect(about([{ restartCondition: "none" }], "runs-to-end")[0]?.sentence).toContain(
      "web runs to its end: an update",
    );
  });

  it("one manager: where there is one, and something moves", () => {
    expect(about([{}], "one-manager", {}, 1)).toHaveLength(1);
    expect(about([{}], "one-manager", {}, 3)).toEqual([]);
    expect(about([{}], "one-manager", { leaveOut: ["service-web"] }, 1)).toEqual([]);
  });

  it("says of several services at once what is the same of them", () => {
    const bare = ["a", "b", "c", "d"].map((name) => ({ name, healthCheck: null }));
    const [warning, more] = about(bare, "no-health-check");
    expect(more).toBeUndefined();
    expect(warning?.sentence).toContain("a, b and 2 more have no health check");
  });

  it("says nothing of services that stay where they are", () => {
    const left = { healthCheck: null, isImagePinned: false, stack: "shop", ...status("paused") };
    expect(warningsFor([left], { leaveOut: ["service-web"] })).toEqual([]);
  });
});

describe("a stack whose next deploy would undo it", () => {
  it("is named with the line to change and an override file that can be copied as it is", () => {
    const [warning] = about([{ name: "shop_web", stack: "shop" }], "stack-would-undo");
    expect(warning?.sentence).toBe(
      "The stack file of shop may still name db_password_v2. A redeploy would then undo this: change the line to `name: db_password_v3`.",
    );
    expect(warning?.copy).toEqual({
      title: "Copy the override",
      text: `# Repeat the "version:" line of your stack file here, if it has one,
# and use the names that your stack file uses.
secrets:
  db_password:
    external: true
    name: db_password_v3
`,
    });
  });

  it("is named once, however many of its services move, and not where none is of a stack", () => {
    const two = ["shop_a", "shop_b"].map((name) => ({ name, stack: "shop" }));
    expect(about(two, "stack-would-undo")).toHaveLength(1);
    expect(about([...two, { name: "blog_a", stack: "blog" }], "stack-would-undo")).toHaveLength(2);
    expect(about([{}], "stack-would-undo")).toEqual([]);
  });
});
