import "server-only";
import { AppError } from "#lib/errors.ts";
import type { Facts } from "#lib/grants/facts.ts";

/** Docker's limit for the name of an object. */
const maximumObjectName = 64;
/** A larger suffix is a date, not a count: counting on from it would leave the range of numbers. */
const largestNumber = 999_999_998;

/**
 * R2: 1 + the highest number seen under that name, managed or not, without regard to case.
 * Only `<name>_v<n>` counts: rotating `db` looks past `db-admin` and `db_v2_old`.
 */
export function nextNumber(facts: Pick<Facts, "objects" | "records">, name: string): number {
  const inSwarm = facts.objects.map((object) => numberUnder(name, object.name));
  const same = facts.records.filter((record) => isSameName(record.name, name));
  const inPostgres = same.flatMap(({ versions }) => versions.map(({ number }) => number));
  return 1 + Math.max(0, ...inSwarm, ...inPostgres);
}

export function objectNameOf(name: string, number: number): string {
  const objectName = `${name}_v${number}`;
  if (objectName.length > maximumObjectName) {
    throw new AppError(
      "invalid-input",
      `${objectName} would be longer than Docker allows. Create a secret with a shorter name.`,
      {
        field: "name",
      },
    );
  }
  return objectName;
}

export function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Why a name cannot be had, in a sentence for below its field; null when it is free. */
export function takenBy({ records, objects }: Named, name: string): string | null {
  const record = records.find((each) => !each.removedAt && isSameName(each.name, name));
  if (record) {
    return `There is a secret named ${record.name} already; upper and lower case count as the same. Choose another name.`;
  }
  const object = objects.find((each) => isSameName(each.name, name));
  if (!object) return null;
  return `The Swarm has a secret named ${object.name} that Skep does not manage. Adopt that one, or choose another name.`;
}

/** Picks the records whose name differs in case only. */
export function sameName(name: string) {
  return { name: { equals: name, mode: "insensitive" } } as const;
}

type Named = { records: { name: string; removedAt: string | null }[]; objects: { name: string }[] };

function numberUnder(name: string, objectName: string): number {
  const prefix = `${name}_v`;
  if (!isSameName(objectName.slice(0, prefix.length), prefix)) return 0;
  const digits = objectName.slice(prefix.length);
  const number = /^\d+$/.test(digits) ? Number(digits) : 0;
  return number > largestNumber ? 0 : number;
}
