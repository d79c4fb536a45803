import "server-only";
import type { OpenRotator } from "./open.ts";
import type { RotatorKind } from "./schema.ts";

/** Every kind of rotator. A new one is a file beside these, a line here, its settings in `schema.ts`, and its test beside it. */
export const rotators: { [K in RotatorKind]: () => Promise<OpenRotator<K>> } = {
  postgresql: async () => (await import("./postgresql.ts")).openPostgresql,
  http: async () => (await import("./http.ts")).openHttp,
};
