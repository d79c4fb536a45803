import "server-only";
import type { Adapter } from "./contract.ts";
import { SourceFailure } from "./failure.ts";
import type { SourceSettings } from "./schema.ts";

/** One way only, and with a key that is not where the result is kept. */
export type Seal = (text: string) => string;

/** Paths whose tag is remembered, for the next question to ask only for what has changed. */
const mostRemembered = 10_000;

/** Many servers make an ETag of what they answer: as it is, it would be a hash of the value, at rest. */
export function sealsTags(settings: SourceSettings): boolean {
  return (
    settings.kind === "http" &&
    settings.versionFrom?.in === "header" &&
    settings.versionFrom.name.toLowerCase() === "etag"
  );
}

/**
 * The same adapter, with sealed ids in place of ETags. The tags themselves live in this process only; one that nobody
 * remembers costs an answer with its body, and no second question.
 */
export function withSealedTags(adapter: Adapter, name: string, seal: Seal): Adapter {
  const remembered = new Map<string, string>();
  // Weak or strong, it is the same version (RFC 9110, 8.8.3.2).
  const sealed = (tag: string) => seal(tag.replace(/^W\//, ""));

  function remember(path: string, tag: string): string {
    remembered.delete(path);
    remembered.set(path, tag);
    for (const [oldest] of remembered) {
      if (remembered.size <= mostRemembered) break;
      remembered.delete(oldest);
    }
    return sealed(tag);
  }

  return {
    ...adapter,
    async versions(path, since) {
      const tag = remembered.get(path);
      const isKnown = tag !== undefined && sealed(tag) === since;
      const found = await adapter.versions(path, isKnown ? tag : null);
      return found.map((version) => ({ ...version, id: remember(path, version.id) })).filter(({ id }) => id !== since);
    },
    async fetch(path, versionId) {
      const { versionId: tag, payload } = await adapter.fetch(path, null);
      const id = tag === null ? null : remember(path, tag);
      if (versionId === null || id === versionId) return { versionId: id, payload };
      if (payload.has === "bytes") payload.bytes.fill(0);
      const sentence = `${name} has a newer version there by now, and not the one that was asked for. Skep looks for the newer one by itself.`;
      throw new SourceFailure("not-found", name, { sentence });
    },
  };
}
