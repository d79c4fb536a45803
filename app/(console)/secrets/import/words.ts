import type { ImportCounts } from "#lib/imports/schema.ts";
import type { Take } from "#lib/sources/schema.ts";
import { counted } from "#lib/words.ts";

/** "26 of 30 secrets made, 4 failed". */
export function countsText({ waiting, running, done, failed }: ImportCounts): string {
  const all = waiting + running + done + failed;
  const first = `${done.toLocaleString("en")} of ${counted(all, "secret")} made`;
  return failed === 0 ? first : `${first}, ${failed.toLocaleString("en")} failed`;
}

export function takeText(take: Take): string {
  if (take.take === "whole") return "all of it";
  return take.take === "field" ? take.field : take.template;
}
