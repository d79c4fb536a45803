import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAppError } from "#lib/errors.ts";
import { applyEdits, inverseChanges, inverseEdits, referencesIn } from "./patch.ts";
import { sampleReference, sampleSpec } from "./sample.ts";
import type { ReferenceEdit, ServiceSpec } from "./schema.ts";
import { specFromJson, specFromText, specText } from "./spec.ts";

const to = { objectId: "object-new", objectName: "db_password_v2" };
const objectIds = ["object-a", "object-b", "object-c", "object-d"];

/** Numbers as Docker may hold them, far above 2^53 too, which `fc` cannot make as numbers. */
const longNumber = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map(String);
const text = fc.string({ unit: "grapheme" });
const target = fc.oneof(
  fc.stringMatching(/^[a-z]{1,6}$/),
  fc.stringMatching(/^\/[a-z]{1,6}\/[a-z]{1,6}$/),
  fc.constant("{{.Service.Name}}.conf"),
);

/** One entry of Secrets as text; `extra` stands for fields that Skep does not know. */
const entry = fc.record({
  id: fc.constantFrom(...objectIds),
  target,
  uid: fc.nat(70_000),
  mode: fc.nat(0o777),
  extra: longNumber,
});

/** A spec as JSON text. The same object may be mounted more than once, under different targets. */
const specWithTargets = fc
  .record({
    entries: fc.uniqueArray(entry, { selector: (one) => one.target, maxLength: 5 }),
    memory: longNumber,
    unknown: fc.json({ maxDepth: 2 }),
    label: text,
    foreign: fc.boolean(),
  })
  .map(({ entries, memory, unknown, label, foreign }) => {
    const secrets = entries.map(
      ({ id, target, uid, mode, extra }) =>
        `{"File":{"Name":${JSON.stringify(target)},"UID":"${uid}","GID":"0","Mode":${mode},"Future":${extra}},"SecretID":"${id}","SecretName":"name of ${id}","Extra":${extra}}`,
    );
    if (foreign) secrets.push('{"Runtime":{"Of":18446744073709551615}}');
    const secretsText = secrets.length > 0 ? `,"Secrets":[${secrets.join(",")}]` : "";
    const container = `{"Image":"i","Env":[${JSON.stringify(label)}]${secretsText},"Unknown":${JSON.stringify(JSON.parse(unknown))}}`;
    return `{"Name":"s","TaskTemplate":{"ContainerSpec":${container},"Resources":{"Limits":{"MemoryBytes":${memory}}}},"Mode":{"Global":{}},"Later":${memory}}`;
  });

const edit: fc.Arbitrary<ReferenceEdit> = fc.oneof(
  fc.record({ edit: fc.constant("replace" as const), fromObjectIds: fc.subarray(objectIds), to: fc.constant(to) }),
  fc.record({ edit: fc.constant("remove" as const), objectId: fc.constantFrom(...objectIds), target }),
  fc.record({
    edit: fc.constant("set-file" as const),
    objectId: fc.constantFrom(...objectIds),
    target,
    to: fc.constant(to),
    uid: fc.constantFrom("0", "1000"),
    gid: fc.constant("0"),
    mode: fc.constantFrom(0o400, 0o444),
  }),
  fc.record({
    edit: fc.constant("add" as const),
    reference: fc
      .stringMatching(/^new-[a-z]{1,4}$/)
      .map((name) => sampleReference({ target: name, objectId: "object-e" })),
  }),
);

/** What Docker would make of a spec; all but the references themselves. */
function rest(spec: ServiceSpec): string {
  return specText(spec).replace(/,"Secrets":\[.*?\](?=,"Unknown"|\},"Resources")/, "");
}

describe("references in place", () => {
  it("move by ID, and everything else is sent back byte for byte", () => {
    fc.assert(
      fc.property(specWithTargets, fc.subarray(objectIds), (json, fromObjectIds) => {
        const spec = specFromText(json);
        const after = applyEdits(spec, [{ edit: "replace", fromObjectIds, to }]);
        let expected = json;
        for (const id of fromObjectIds) {
          expected = expected.replaceAll(
            `"SecretID":"${id}","SecretName":"name of ${id}"`,
            `"SecretID":"${to.objectId}","SecretName":"${to.objectName}"`,
          );
        }
        expect(specText(after.spec)).toBe(expected);
        expect(after.changes.length).toBe(
          referencesIn(spec).filter(({ objectId }) => fromObjectIds.includes(objectId)).length,
        );
      }),
    );
  });

  it("that name none of the objects leave the very same spec", () => {
    fc.assert(
      fc.property(specWithTargets, (json) => {
        const spec = specFromText(json);
        const after = applyEdits(spec, [
          { edit: "replace", fromObjectIds: ["object-z"], to },
          { edit: "remove", objectId: "object-z", target: "x" },
        ]);
        expect(after).toEqual({ spec, changes: [] });
        expect(after.spec).toBe(spec);
      }),
    );
  });

  it("are applied once: the same edits on the result change nothing more", () => {
    fc.assert(
      fc.property(specWithTargets, fc.array(edit, { maxLength: 3 }), (json, edits) => {
        const replacing = edits.filter((one) => one.edit !== "remove");
        const once = applyEdits(specFromText(json), replacing);
        expect(applyEdits(once.spec, replacing)).toEqual({ spec: once.spec, changes: [] });
      }),
    );
  });

  it("come back by the inverse edits, whatever was done; the rest of the spec was never touched", () => {
    fc.assert(
      fc.property(specWithTargets, fc.array(edit, { maxLength: 4 }), (json, edits) => {
        const spec = specFromText(json);
        const after = applyEdits(spec, edits);
        expect(rest(after.spec)).toBe(rest(spec));
        const back = applyEdits(after.spec, inverseEdits(after.changes));
        const sorted = (one: ServiceSpec) =>
          referencesIn(one)
            .map((reference) => JSON.stringify(reference))
            .sort();
        expect(sorted(back.spec)).toEqual(sorted(spec));
        expect(rest(back.spec)).toBe(rest(spec));
        if (edits.every((one) => one.edit === "replace" || one.edit === "set-file"))
          expect(specText(back.spec)).toBe(json);
      }),
    );
  });
});

describe("edits of one service", () => {
  const held = [
    sampleReference({ target: "one", objectId: "v1" }),
    sampleReference({ target: "two", objectId: "v2" }),
  ] as const;
  const spec = specFromJson(sampleSpec("web", held));
  const end = (id: string) => ({ objectId: id, objectName: id });

  it.each<[string, ReferenceEdit[]]>([
    [
      "replaces",
      [
        { edit: "replace", fromObjectIds: ["v1"], to: end("v2") },
        { edit: "replace", fromObjectIds: ["v2"], to: end("v3") },
      ],
    ],
    [
      "files set",
      [
        { edit: "set-file", ...held[0], to: end("v2") },
        { edit: "set-file", ...held[1], to: end("v3") },
      ],
    ],
  ])("do not meet one another's work: %s in a chain, v1 to v2 and v2 to v3, end at v2 and v3", (_what, edits) => {
    const after = applyEdits(spec, edits);
    expect(referencesIn(after.spec).map(({ objectId }) => objectId)).toEqual(["v2", "v3"]);
    expect(specText(applyEdits(after.spec, inverseEdits(after.changes)).spec)).toBe(specText(spec));
  });

  it("set owner and mode of a file where it is, and the order of the others stays", () => {
    const access = { uid: "1000", gid: "50", mode: 0o400 };
    const after = applyEdits(spec, [
      { edit: "set-file", objectId: "v1", target: "/run/secrets/one", to: end("v1"), ...access },
    ]);
    expect(referencesIn(after.spec)).toEqual([{ ...held[0], objectName: "v1", ...access }, held[1]]);
    expect(after.changes).toMatchObject([
      { change: "file-set", target: "one", ...access, fromFile: { uid: "0", gid: "0", mode: 0o444 } },
    ]);
    expect(inverseChanges(after.changes)).toMatchObject([
      { change: "file-set", uid: "0", mode: 0o444, fromFile: access },
    ]);
  });

  it("to a file that is as wanted change nothing", () => {
    expect(applyEdits(spec, [{ edit: "set-file", ...held[0], to: end("v1") }])).toEqual({ spec, changes: [] });
  });
});

describe("a service that mounts one secret twice", () => {
  const twice = [sampleReference({ target: "a", mode: 0o400, uid: "1000" }), sampleReference({ target: "/etc/b" })];
  const spec = specFromJson(sampleSpec("web", twice));

  it("has both mounts moved, each with its own target, owner and mode", () => {
    const after = applyEdits(spec, [{ edit: "replace", fromObjectIds: ["object-db_password_v1"], to }]);
    expect(referencesIn(after.spec)).toEqual(twice.map((reference) => ({ ...reference, ...to })));
    expect(after.changes.map(({ target, fromObjectId }) => [target, fromObjectId])).toEqual([
      ["a", "object-db_password_v1"],
      ["/etc/b", "object-db_password_v1"],
    ]);
  });

  it("can have one of them moved and the other left", () => {
    const pairs = [{ fromObjectId: "object-db_password_v1", target: "/etc/b", to }];
    const after = applyEdits(spec, [{ edit: "replaceEach", pairs }]);
    expect(referencesIn(after.spec).map(({ objectId }) => objectId)).toEqual(["object-db_password_v1", "object-new"]);
  });

  it("gets back what each held, when two versions were moved to one", () => {
    const mixed = specFromJson(
      sampleSpec("web", [
        sampleReference({ target: "a" }),
        sampleReference({ target: "b", objectId: "object-old", objectName: "old" }),
      ]),
    );
    const after = applyEdits(mixed, [{ edit: "replace", fromObjectIds: ["object-db_password_v1", "object-old"], to }]);
    expect(specText(applyEdits(after.spec, inverseEdits(after.changes)).spec)).toBe(specText(mixed));
  });
});

describe("a new reference", () => {
  const held = specFromJson(sampleSpec("web", [sampleReference({ target: "x" })]));

  it("is refused where its file is taken, though Docker would take both", () => {
    const reference = sampleReference({ objectId: "object-other", target: "/run/secrets/x" });
    try {
      applyEdits(held, [{ edit: "add", reference }]);
      expect.unreachable();
    } catch (error) {
      expect(isAppError(error, "plan-changed")).toBe(true);
    }
  });

  it("that is there already changes nothing", () => {
    expect(
      applyEdits(held, [{ edit: "add", reference: sampleReference({ target: "/run/secrets/x" }) }]).changes,
    ).toEqual([]);
  });

  it("is refused where the same object is there with another mode: nobody else's edit is taken for this one", () => {
    const reference = sampleReference({ target: "x", mode: 0o400 });
    expect(() => applyEdits(held, [{ edit: "add", reference }])).toThrow("already");
  });

  it("and its removal leave the spec as it was", () => {
    const bare = specFromJson(sampleSpec("web"));
    const after = applyEdits(bare, [{ edit: "add", reference: sampleReference() }]);
    expect(referencesIn(after.spec)).toEqual([sampleReference()]);
    expect(specText(applyEdits(after.spec, inverseEdits(after.changes)).spec)).toBe(specText(bare));
  });

  it("is refused for a service that runs no containers", () => {
    const plugin = specFromJson({ Name: "p", TaskTemplate: { PluginSpec: {} } });
    expect(() => applyEdits(plugin, [{ edit: "add", reference: sampleReference() }])).toThrow(
      "does not run containers",
    );
  });
});
