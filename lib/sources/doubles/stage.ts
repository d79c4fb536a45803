import "server-only";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceSettings } from "../schema.ts";

/** What a source can be made to do wrong, in the words of `SourceReason`; `broken` answers what nobody understands, `silent` does not answer at all. */
export type Fault =
  | "sealed"
  | "standby"
  | "throttled"
  | "failing"
  | "expired-login"
  | "forbidden"
  | "redirect"
  | "broken"
  | "silent";

/** Every faulty answer carries it, in its body and in a header: it must come back in nothing that Skep says or logs. */
export const canary = "canary-7f3a";

/**
 * A source to be tested on: a double of its HTTP interface, or a real server. The contract test asks nothing else, so
 * that it is the same for both.
 */
export type Stage = {
  settings: SourceSettings;
  credential(name: string): Promise<string>;
  /** Sets the fields of a secret; resolves to the id of its new version, or null where the source knows none. */
  put(path: string, fields: Record<string, string>): Promise<string | null>;
  /** Sets bytes that are no text, where the source can hold such. */
  putBytes?(path: string, bytes: Buffer): Promise<string | null>;
  /** Of one secret there, with its fields as JSON; where not given, it is more than a Swarm's. */
  maximumBytes?: number;
  /** Where older versions cannot be read by their id. */
  keepsOnlyLast?: true;
  /** Where one of the fields says the version, so that all of them are no value. */
  hasVersionAmongFields?: true;
  /** Where of several newer versions only the present one is told. */
  tellsOnlyLast?: true;
  /** Deletes a secret, as its owners would. */
  remove(path: string): Promise<void>;
  /** The requests that were answered so far, as `GET /v1/…`, without headers and bodies; null where nobody counts. */
  requests(): string[] | null;
  /** From now on, until null. Undefined where the server is a real one. */
  fail?(fault: Fault | null): void;
  /** The faults that it can be made to have. */
  faults: readonly Fault[];
  /** Takes away what it put on a real server. */
  end(): Promise<void>;
};

/** Puts what the stage's settings name into a folder of credentials, as whoever runs Skep would; answers with the texts. */
export async function placeCredentials({ settings, credential }: Stage, folder: string): Promise<string[]> {
  const names = new Set<string>();
  JSON.stringify(settings, (key, named) => {
    if (key === "credential" && typeof named === "string") names.add(named);
    return named;
  });
  return Promise.all(
    [...names].map(async (name) => {
      const text = await credential(name);
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return text;
    }),
  );
}
