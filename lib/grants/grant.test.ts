import { describe, expect, it } from "vitest";
import { sampleReference, sampleSecret, sampleService } from "#lib/swarm/sample.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { grantPlanOf } from "./grant.ts";
import { sampleFacts, sampleGrants, sampleRecord, sampleVersion } from "./sample.ts";
import type { GrantInput } from "./schema.ts";

const input = (over: Partial<GrantInput> = {}): GrantInput => ({
  secretId: "secret-db_password",
  serviceId: "service-web",
  ...over,
});

function planFor(service: Partial<ServiceObject>, wish: Partial<GrantInput> = {}, others: ServiceObject[] = []) {
  return grantPlanOf(sampleFacts({ services: [sampleService(service), ...others] }), input(wish), {
    mayCross: false,
    former: [],
  });
}

const codes = (plan: ReturnType<typeof planFor>) => plan.warnings.map(({ code }) => code);

describe("a grant", () => {
  it.each<[string | null, string, string, string]>([
    ["1000:1000", "1000", "1000", "400"],
    ["1000", "1000", "0", "400"],
    ["1000:app", "1000", "0", "400"],
    ["root", "0", "0", "400"],
    ["app", "0", "0", "444"],
    [null, "0", "0", "444"],
  ])("to a service of user %s has owner %s:%s and mode 0%s", (user, uid, gid, mode) => {
    const edit = planFor({ user }).changes[0]?.edits[0];
    expect(edit).toMatchObject({ edit: "add", target: "db_password", uid, gid, mode: Number.parseInt(mode, 8) });
  });

  it("names the current version, and says that whoever controls the service can read it", () => {
    const plan = planFor({ user: "1000" });
    expect(plan.changes[0]?.edits[0]).toMatchObject({ to: { object: "existing", objectName: "db_password_v2" } });
    expect(codes(plan)).toContain("read-access");
    expect(codes(plan)).not.toContain("numeric-user-unknown");
  });

  it("hints at a user that it cannot know, and at a mode that its user cannot read", () => {
    expect(codes(planFor({ user: "app" }))).toContain("numeric-user-unknown");
    expect(codes(planFor({ user: "1000" }, { uid: "0", mode: 0o400 }))).toContain("mode-unreadable");
    expect(codes(planFor({ user: "1000:1000" }, { uid: "0", gid: "1000", mode: 0o440 }))).not.toContain(
      "mode-unreadable",
    );
  });

  it.each(["db_password", "/run/secrets/db_password"])("refuses a file name that is taken by %s", (taken) => {
    const references = [sampleReference({ objectName: "other_v1", target: taken })];
    expect(() => planFor({ references })).toThrow(/other_v1 at \/run\/secrets\/db_password already/);
  });

  it("refuses a service that is gone, and a secret that was retired", () => {
    expect(() => grantPlanOf(sampleFacts(), input(), { mayCross: true, former: [] })).toThrow(/no longer in the Swarm/);
  });

  it("across stacks is an administrator's", () => {
    const holder = sampleService({ name: "api", stack: "shop", references: [sampleReference()] });
    const facts = sampleFacts({ services: [sampleService({ stack: "mail" }), holder] });
    const crossing = (mayCross: boolean) =>
      grantPlanOf(facts, input(), { mayCross, former: [] }).warnings.find(({ code }) => code === "across-stacks");
    expect(crossing(false)?.blocks).toBe(true);
    expect(crossing(true)?.blocks).toBe(false);
    expect(codes(planFor({ stack: "shop" }, {}, [holder]))).not.toContain("across-stacks");
  });

  it("across stacks is one, too, where the other stack only made the secret, or had it until its last update", () => {
    const service = sampleService({ stack: "mail" });
    const objects = [
      sampleSecret({ name: "db_password_v1" }),
      sampleSecret({ name: "db_password_v2", labels: { "com.docker.stack.namespace": "shop" } }),
    ];
    const made = grantPlanOf(sampleFacts({ services: [service], objects }), input(), { mayCross: false, former: [] });
    expect(codes(made)).toContain("across-stacks");
    const former = sampleService({ name: "api", stack: "shop", previousReferences: [sampleReference()] });
    expect(codes(planFor({ stack: "mail" }, {}, [former]))).toContain("across-stacks");
    expect(codes(planFor({ stack: "shop" }, {}, [former]))).not.toContain("across-stacks");
  });

  it.each([
    ["a stack", "shop"],
    ["no stack", null],
  ])("across stacks is one where %s had it once, and nothing in the Swarm tells of that any more", (_, former) => {
    const planFor = (stack: string | null) =>
      grantPlanOf(sampleFacts({ services: [sampleService({ stack })] }), input(), {
        mayCross: false,
        former: [former],
      });
    expect(codes(planFor("mail"))).toContain("across-stacks");
    expect(codes(planFor(former))).not.toContain("across-stacks");
  });

  it("across stacks is one where the record still has it in a service from which another hand took it", () => {
    const service = sampleService({ name: "api", stack: "shop", references: [sampleReference()] });
    const services = [sampleService({ stack: "mail" }), { ...service, references: [] }];
    const records = [sampleRecord({ grants: sampleGrants(service) })];
    const plan = grantPlanOf(sampleFacts({ services, records }), input(), { mayCross: false, former: [] });
    expect(codes(plan)).toContain("across-stacks");
  });

  it("of a secret that nobody holds yet crosses nothing", () => {
    expect(codes(planFor({ stack: "shop" }))).not.toContain("across-stacks");
  });

  it("takes back the retirement that somebody asked for before, says so, and leaves one of an old version alone", () => {
    const services = [sampleService({})];
    const retiring = { retireAfter: "2026-03-02T10:00:00.000Z", retireRequestedBy: "ada" };
    const grantWith = (over: Parameters<typeof sampleRecord>[0]) =>
      grantPlanOf(sampleFacts({ services, records: [sampleRecord(over)] }), input(), { mayCross: false, former: [] });
    const [current, previous] = [
      sampleVersion("db_password", 2, "current"),
      sampleVersion("db_password", 1, "previous"),
    ];
    const plan = grantWith({ versions: [{ ...current, ...retiring }, previous] });
    expect(plan.record).toEqual([
      {
        record: "keep",
        secretId: "secret-db_password",
        secretName: "db_password",
        versionId: "version-db_password_v2",
        number: 2,
        objectName: "db_password_v2",
      },
    ]);
    expect(plan.warnings[0]).toMatchObject({ code: "version-stays", blocks: false });
    expect(plan.warnings[0]?.sentence).toContain("as ada asked. This takes that back");
    expect(grantWith({ versions: [current, { ...previous, ...retiring }] }).record).toEqual([]);
  });

  it("is refused while another hand updates the service", () => {
    const update = { state: "paused", startedAt: null, completedAt: null, message: "" } as const;
    const busy = planFor({ update }).warnings.find(({ code }) => code === "busy");
    expect(busy).toMatchObject({ blocks: true, serviceName: "web" });
  });

  it("in a stack comes with the override that keeps it", () => {
    const plan = planFor({ stack: "shop", name: "shop_api" }, { serviceId: "service-shop_api", mode: 0o440 });
    const warning = plan.warnings.find(({ code }) => code === "stack-would-undo");
    expect(warning?.copy?.text).toMatchInlineSnapshot(`
      "# Repeat the "version:" line of your stack file here, if it has one,
      # and use the names that your stack file uses.
      services:
        api:
          secrets:
            - source: db_password
              target: db_password
              uid: "0"
              gid: "0"
              mode: 0440
      secrets:
        db_password:
          external: true
          name: db_password_v2
      "
    `);
  });

  it("of a secret that the service has already keeps both files to one owner and mode", () => {
    const references = [sampleReference({ objectName: "db_password_v2", target: "a", mode: 0o440 })];
    expect(() => planFor({ references }, { target: "b" })).toThrow(/0440/);
    expect(codes(planFor({ references }, { target: "b", uid: "0", gid: "0", mode: 0o440 }))).toContain("mode-shared");
  });

  it("of a version that the Swarm no longer has is refused with the way out", () => {
    const facts = sampleFacts({ objects: [sampleSecret()], services: [sampleService()] });
    expect(() => grantPlanOf(facts, input(), { mayCross: true, former: [] })).toThrow(/Rotate db_password/);
  });
});
