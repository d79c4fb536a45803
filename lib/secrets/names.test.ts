import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleFacts, sampleRecord, sampleVersion } from "#lib/grants/sample.ts";
import { sampleSecret } from "#lib/swarm/sample.ts";
import { nextNumber, objectNameOf } from "./names.ts";
import { baseOf, proposalsFor } from "./proposal.ts";
import { secretName } from "./schema.ts";

const objects = (...names: string[]) => names.map((name) => sampleSecret({ name }));

describe("the next number", () => {
  it.each<[string[], number]>([
    [[], 1],
    [["db_v2"], 3],
    [["DB_V9", "db_v2"], 10],
    [["db-admin_v7", "db_v2_old", "mydb_v5", "db-v4", "db_vx", "db"], 1],
    [["db_v20241231235959"], 1],
  ])("with %j in the Swarm is %i", (names, number) => {
    expect(nextNumber(sampleFacts({ objects: objects(...names), records: [] }), "db")).toBe(number);
  });

  it("is never one that was used before, removed or not", () => {
    const removed = sampleRecord({
      name: "DB",
      removedAt: "2026-01-01",
      versions: [sampleVersion("DB", 41, "removed")],
    });
    expect(nextNumber(sampleFacts({ objects: [], records: [removed] }), "db")).toBe(42);
  });
});

describe("a name", () => {
  it.each(["a", "db_password", "A.b-c_d9", "x".repeat(58)])("%s is good", (name) => {
    expect(secretName.safeParse(name).success).toBe(true);
  });

  it.each(["", "x".repeat(59), "x".repeat(65), "a b", "-a", "a_", "ä", "a/b"])("%j is refused", (name) => {
    expect(secretName.safeParse(name).success).toBe(false);
  });
});

describe("the proposal for unmanaged secrets", () => {
  it.each([
    ["db_password_v2", "db_password", 2],
    ["db.v12", "db", 12],
    ["token-2", "token", 2],
    ["db_9f86d081884c", "db", null],
    ["db-20240131", "db", null],
    ["db_2024-01-31", "db", null],
    ["db_1706700000", "db", null],
    ["app_facade", "app_facade", null],
    ["api_key", "api_key", null],
    ["v2", "v2", null],
    ["s3_backup", "s3_backup", null],
  ])("takes %s for a version of %s", (name, base, number) => {
    expect(baseOf(name)).toEqual({ base, number });
  });

  it("groups versions and numbers them, the highest first", () => {
    const found = proposalsFor(objects("db", "db_v2", "db_v7", "db-admin"), []);
    expect(found.map(({ name }) => name)).toEqual(["db", "db-admin"]);
    expect(found[0]?.versions.map(({ objectName, number }) => [objectName, number])).toEqual([
      ["db_v7", 7],
      ["db_v2", 2],
      ["db", 1],
    ]);
  });

  it("numbers by age what carries no number", () => {
    const older = sampleSecret({ name: "db_9f86d081884c", createdAt: "2026-01-01T00:00:00Z" });
    const newer = sampleSecret({ name: "db_1b4f0e985197", createdAt: "2026-02-01T00:00:00Z" });
    const [proposal] = proposalsFor([newer, older], []);
    expect(proposal?.versions.map(({ objectName, number }) => [objectName, number])).toEqual([
      ["db_1b4f0e985197", 2],
      ["db_9f86d081884c", 1],
    ]);
  });

  it("gives a long name a shorter one, and never one that is taken", () => {
    const long = "x".repeat(64);
    expect(proposalsFor(objects(long), [])[0]?.name).toBe("x".repeat(58));
    expect(proposalsFor(objects("db_v1"), ["DB"])[0]?.name).toBe("db-2");
  });
});

/** Names as Docker takes them, made to meet: few bases, every kind of suffix. */
const dockerNames = fc
  .tuple(
    fc.constantFrom("db", "DB", "api_key", "x".repeat(60)),
    fc.constantFrom("", "_v1", "_V2", ".v3", "-2", "_9f86d081884c", "-20240131", "_v999999999", "_v20240131120000"),
  )
  .map(([base, suffix]) => `${base}${suffix}`.slice(0, 64));
const swarms = fc
  .uniqueArray(dockerNames, { selector: (name) => name.toLowerCase() })
  .map((names) => names.map((name, index) => sampleSecret({ id: `id-${index}`, name })));

describe("whatever the Swarm holds", () => {
  it("a new version's name is free, without regard to case", () => {
    fc.assert(
      fc.property(swarms, fc.constantFrom("db", "Db", "api_key"), (present, name) => {
        const next = objectNameOf(name, nextNumber({ objects: present, records: [] }, name));
        expect(present.map((object) => object.name.toLowerCase())).not.toContain(next.toLowerCase());
      }),
    );
  });

  it("the proposals take each object once, under good names and with numbers of their own", () => {
    fc.assert(
      fc.property(swarms, (present) => {
        const found = proposalsFor(present, ["db"]);
        const ids = found.flatMap(({ versions }) => versions.map(({ objectId }) => objectId));
        expect(ids.toSorted()).toEqual(present.map(({ id }) => id).toSorted());
        const names = ["db", ...found.map(({ name }) => name.toLowerCase())];
        expect(new Set(names).size).toBe(names.length);
        for (const { name, versions } of found) {
          expect(secretName.safeParse(name).success).toBe(true);
          expect(new Set(versions.map(({ number }) => number)).size).toBe(versions.length);
        }
      }),
    );
  });
});
