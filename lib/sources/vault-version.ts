import "server-only";

/** `number` as KV version 2 counts; `writtenAt` in ISO 8601, null where nobody knows. */
type KvVersion = { number: string; writtenAt: string | null };

/**
 * A version of KV version 2 as Skep calls it: `7@2026-05-09T12:00:00.000Z`. A secret that was deleted with all its metadata
 * and made anew is counted from 1 again, so that the number alone would call two values the same.
 */
export function kvVersionId({ number, writtenAt }: KvVersion): string {
  return writtenAt === null ? number : `${number}@${writtenAt}`;
}

/** Null where an id is none of KV version 2. */
export function kvVersionOf(id: string): KvVersion | null {
  const [, number = "", writtenAt = null] =
    /^([1-9]\d{0,14})(?:@(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z))?$/.exec(id) ?? [];
  return number === "" ? null : { number, writtenAt };
}

/** Where nobody knows the time of one of them, the number says it. */
export function isSameKvVersion(one: KvVersion, other: KvVersion): boolean {
  if (one.number !== other.number) return false;
  return one.writtenAt === null || other.writtenAt === null || one.writtenAt === other.writtenAt;
}

/** What Skep called this version before it asked for the time; null where it has always called it so. */
export function formerIdOf(id: string): string | null {
  const version = kvVersionOf(id);
  return version === null || version.writtenAt === null ? null : version.number;
}
