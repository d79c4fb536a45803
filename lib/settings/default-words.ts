import "server-only";
import { exactDuration } from "#lib/words.ts";
import type { Defaults } from "./schema.ts";

/** How the history calls what a rotation goes by. */
export const defaultNames: Record<keyof Defaults, string> = {
  order: "order",
  soakSeconds: "soak",
  keepSeconds: "keep time",
};

export function defaultWords({ order, soakSeconds, keepSeconds }: Defaults): Record<keyof Defaults, string> {
  return {
    order: order.replaceAll("-", " "),
    soakSeconds: soakSeconds === null ? "as the health check asks" : exactDuration(soakSeconds),
    keepSeconds: exactDuration(keepSeconds),
  };
}
