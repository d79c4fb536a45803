import "server-only";
import type { OpenAdapter } from "./open.ts";
import type { SourceKind } from "./schema.ts";

/**
 * Every kind of source; each brings its SDK along when it is first used, and not with every start. A new one is a file
 * beside these, a line here, its settings in `schema.ts`, and its stage in `contract.test.ts`.
 */
export const adapters: { [K in SourceKind]: () => Promise<OpenAdapter<K>> } = {
  vault: async () => (await import("./vault.ts")).openVault,
  aws: async () => (await import("./aws.ts")).openAws,
  http: async () => (await import("./http.ts")).openHttp,
};
