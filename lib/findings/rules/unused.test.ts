import { describe, expect, it } from "vitest";
import { sampleRecord } from "#lib/grants/sample.ts";
import { proposalsFor } from "#lib/secrets/proposal.ts";
import { sampleSecret } from "#lib/swarm/sample.ts";
import { lineOf, sampleInput, sampleOperation, sampleSwarm } from "../sample.ts";
import { unusedSecret } from "./unused.ts";

const proposals = (...names: string[]) =>
  proposalsFor(
    names.map((name) => sampleSecret({ name })),
    [],
  );

describe("unused secrets", () => {
  it("are named with their mend, managed or not", () => {
    const found = unusedSecret(
      sampleInput({ records: [sampleRecord()], proposals: proposals("ftp"), isNamed: () => false }),
    );
    expect(found.map(lineOf)).toEqual([
      "db_password is used by no service",
      "ftp is used by no service, and not managed",
    ]);
    expect(found.map(({ mend }) => mend)).toEqual([
      { label: "Retire", href: "/secrets/secret-db_password/retire", needs: "secret.retire" },
      { label: "Adopt", href: "/secrets/object-ftp/adopt", needs: "secret.adopt" },
    ]);
  });

  it("include versions that somebody left behind", () => {
    const isNamed = (objectId: string) => objectId === "object-db_v2";
    const found = unusedSecret(sampleInput({ proposals: proposals("db_v1", "db_v2"), isNamed }));
    expect(found.map(lineOf)).toEqual(["db_v1 was left behind by a newer version, and is not managed"]);
  });

  it("that are many are one line", () => {
    const records = ["a", "b", "c", "d"].map((name) => sampleRecord({ name }));
    const found = unusedSecret(sampleInput({ records, isNamed: () => false }));
    expect(found.map(lineOf)).toEqual(["a and 3 more are used by no service"]);
    expect(found[0]?.mend).toEqual({ label: "See 4", href: "/secrets?state=unused" });
  });

  it("are none before the Swarm has answered", () => {
    const snapshot = sampleSwarm({ asOf: null });
    expect(unusedSecret(sampleInput({ records: [sampleRecord()], isNamed: () => false, snapshot }))).toEqual([]);
  });

  it("are none while an operation holds them", () => {
    const input = { records: [sampleRecord()], operations: [sampleOperation()], isNamed: () => false };
    expect(unusedSecret(sampleInput(input))).toEqual([]);
  });
});
