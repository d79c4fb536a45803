import { describe, expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import { describeError } from "#lib/log.ts";
import { databaseError } from "./errors.ts";

const canary = "canary-4711";

/** The ways in which one code of Postgres's gets here: bare, from the driver, and through Prisma's models and raw queries. */
function shapesOf(code: string): unknown[] {
  const driver = { originalCode: code, kind: "postgres", code, message: canary };
  return [
    Object.assign(new Error(canary), { code }),
    Object.assign(new Error(canary), { name: "DriverAdapterError", cause: driver }),
    Object.assign(new Error(canary), { code: "P2010", meta: { driverAdapterError: { cause: driver } } }),
    Object.assign(new Error(canary), { code: "P2039", meta: { driverAdapterError: { cause: driver } } }),
  ];
}

describe("a database that answers and cannot do its work", () => {
  it.each([
    ["53100", "The disk of the database is full. Make room where Postgres keeps its data."],
    ["53200", "The database has run out of memory. Give Postgres more"],
    ["53300", "The database takes no more connections. End some of the others"],
    ["53400", "The database lacks something that Postgres's own log names."],
  ])(
    "is waited for like one that is away (%s), with what is to be mended, and the code for the log",
    (code, sentence) => {
      for (const shape of shapesOf(code)) {
        const error = databaseError(shape);
        expect(error.code).toBe("database-unreachable");
        expect(error.publicMessage).toContain(sentence);
        expect(error.publicMessage).toMatch(/\. Nothing more is done until then\.$/);
        expect(describeError(error).cause).toMatchObject({ name: "DatabaseFailure", code });
        expect(JSON.stringify(describeError(error)) + String(error.cause)).not.toContain(canary);
      }
    },
  );

  it("says of too many connections the same where only Prisma's own word for it is there", () => {
    const error = databaseError(Object.assign(new Error(canary), { cause: { kind: "TooManyConnections" } }));
    expect(error.publicMessage).toContain("takes no more connections");
  });
});

describe("any other error of the database", () => {
  it.each(["08006", "57P01", "ECONNREFUSED", "P1001"])("that means it is away says so (%s)", (code) => {
    for (const shape of shapesOf(code)) {
      expect(databaseError(shape).publicMessage).toBe(
        "The database cannot be reached. Nothing more is done until it is back.",
      );
    }
  });

  it("is a defect, and one that has words already keeps them", () => {
    expect(databaseError(Object.assign(new Error(canary), { code: "42601" }))).toMatchObject({ code: "unexpected" });
    const own = new AppError("busy", "Wait.");
    expect(databaseError(own)).toBe(own);
  });
});
