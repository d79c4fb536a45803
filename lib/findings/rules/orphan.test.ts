import { describe, expect, it } from "vitest";
import { proposalsFor } from "#lib/secrets/proposal.ts";
import { operationLabel } from "#lib/swarm/labels.ts";
import { sampleSecret } from "#lib/swarm/sample.ts";
import type { SecretObject } from "#lib/swarm/schema.ts";
import { lineOf, sampleInput, sampleOperation, sampleSwarm } from "../sample.ts";
import { orphan } from "./orphan.ts";
import { unusedSecret } from "./unused.ts";

function made(name: string): SecretObject {
  return sampleSecret({ name, labels: { [operationLabel]: `operation-of-${name}` } });
}

function inputWith(objects: SecretObject[], over: Parameters<typeof sampleInput>[0] = {}) {
  const snapshot = sampleSwarm({ secrets: new Map(objects.map((object) => [object.id, object])) });
  return sampleInput({ snapshot, proposals: proposalsFor(objects, []), isNamed: () => false, ...over });
}

describe("an object that Skep made and does not know", () => {
  it("is told once, with its mend and the command that removes it", () => {
    const input = inputWith([made("db_v4")]);
    const [found] = orphan(input);
    expect(found && lineOf(found)).toBe("db_v4 was made by Skep and is no version that it knows");
    expect(found).toMatchObject({
      mend: { label: "Adopt", href: "/secrets/object-db_v4/adopt" },
      hint: expect.stringContaining("`docker secret rm db_v4`"),
    });
    expect(unusedSecret(input)).toEqual([]);
  });

  it("is none as long as the operation is at work", () => {
    const operations = [sampleOperation({ id: "operation-of-db_v4" })];
    expect(orphan(inputWith([made("db_v4")], { operations }))).toEqual([]);
    expect(orphan(inputWith([sampleSecret({ name: "ftp" })]))).toEqual([]);
  });

  it("is one line where there are many", () => {
    const found = orphan(inputWith(["a", "b", "c", "d"].map((name) => made(name))));
    expect(found.map(lineOf)).toEqual(["4 objects were made by Skep and are no versions that it knows"]);
  });
});
