import "server-only";
import { openAws } from "./aws.ts";
import { openHttp } from "./http.ts";
import type { OpenAdapter } from "./open.ts";
import type { SourceKind } from "./schema.ts";
import { openVault } from "./vault.ts";

/** Every kind of source. A new one is a file beside these, a line here, its settings in `schema.ts`, and its stage in `contract.test.ts`. */
export const adapters: { [K in SourceKind]: OpenAdapter<K> } = {
  vault: openVault,
  aws: openAws,
  http: openHttp,
};
