import "server-only";
import type { Source } from "../contract.ts";
import type { SourceVersion, Take } from "../schema.ts";
import type { Stage } from "./stage.ts";

/** What the parts of the contract are tried on. Where one makes it fail, it mends it. */
export type Scene = {
  stage: Stage;
  source(): Source;
  /** Another source on the same stage, which the caller closes. */
  open(options?: { callSeconds?: number }): Promise<Source>;
  /** A path of this run's own, so that it can be tried on a server that others use. */
  path(name: string): string;
  /** With a field `revision` beside the others, which changes each time: some sources are told versions by it. */
  put(name: string, fields: Record<string, string>): Promise<string | null>;
};

/** How the source is called in the sentences. */
export const sourceName = "Safe";

/** The value as bytes: a copy, for a test to look at. */
export async function bytesFrom(
  source: Source,
  path: string,
  take: Take,
  versionId: string | null = null,
): Promise<Buffer> {
  const { value } = await source.read(path, take, versionId);
  try {
    return await value.use(async (bytes) => Buffer.from(bytes));
  } finally {
    value.forget();
  }
}

export async function textFrom(...asked: Parameters<typeof bytesFrom>): Promise<string> {
  return (await bytesFrom(...asked)).toString();
}

export const password: Take = { take: "field", field: "password" };

export function idsOf(versions: SourceVersion[]): string[] {
  return versions.map(({ id }) => id);
}
