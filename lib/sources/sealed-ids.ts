import "server-only";
import { createHash, createHmac } from "node:crypto";
import type { Adapter, ToldVersion } from "./contract.ts";
import { SourceFailure } from "./failure.ts";
import type { SourceVersion } from "./schema.ts";
import { formerIdOf } from "./vault-version.ts";

/** Makes ids of what a source says: one way only, by a key that is not where they are kept. */
export type Seal = {
  of(text: string): string;
  /** Whether an id was made by another key, so that nobody can tell any more of what. */
  isOfAnotherKey(id: string): boolean;
};

/** Each id ends with a short name of its key. */
export function sealWith(key: Buffer): Seal {
  const end = `.${createHash("sha256").update(key).digest("base64url").slice(0, 6)}`;
  return {
    of: (text) => `${createHmac("sha256", key).update(text).digest("base64url").slice(0, 16)}${end}`,
    isOfAnotherKey: (id) => isSealed(id) && !id.endsWith(end),
  };
}

function isSealed(id: string): boolean {
  return /^[\w-]{16}\.[\w-]{6}$/.test(id);
}

/** Paths of which is remembered what the source said, for the next question to ask only for what has changed. */
const mostRemembered = 10_000;

type Sealed = Omit<Adapter, "versions"> & {
  versions(path: string, since: string | null): Promise<SourceVersion[]>;
};

/**
 * The same adapter, with sealed ids in place of those that come out of the content: as they are they could be a value, or
 * a hash of one, at rest. What the source said lives in this process only; what nobody remembers costs an answer with its
 * body, and no second question. After a change of the key, what was there at the first look counts as known.
 */
export function withSealedIds(adapter: Adapter, name: string, seal: Seal): Sealed {
  const remembered = new Map<string, { said: string; id: string }>();
  const firstSeen = new Map<string, string>();

  function idOf(path: string, { id: said, sealAs }: Pick<ToldVersion, "id" | "sealAs">): string {
    if (sealAs === undefined) return said;
    const id = seal.of(sealAs);
    keep(remembered, path, { said, id });
    return id;
  }

  function firstSeenAfter(since: string, path: string, present: string | undefined): string {
    const key = JSON.stringify([path, since]);
    const first = firstSeen.get(key) ?? present;
    if (first !== undefined) keep(firstSeen, key, first);
    return first ?? since;
  }

  return {
    ...adapter,
    async versions(path, since) {
      const last = remembered.get(path);
      const found = await adapter.versions(
        path,
        since === null ? null : last?.id === since ? last.said : unsealed(since),
      );
      const versions = found.map(({ sealAs, ...told }) => ({ ...told, id: idOf(path, { id: told.id, sealAs }) }));
      const isForeign = since !== null && seal.isOfAnotherKey(since);
      const known = isForeign ? firstSeenAfter(since, path, versions.at(-1)?.id) : since;
      return versions.filter(({ id, state }) => id !== known || state === "deleted");
    },
    async fetch(path, versionId) {
      if (versionId !== null && seal.isOfAnotherKey(versionId)) throw ofAnotherKey(name);
      const { versionId: said, sealAs, payload } = await adapter.fetch(path, versionId && unsealed(versionId));
      const id = said === null ? null : idOf(path, { id: said, sealAs });
      // What was kept by its number alone is the version of that number, whenever it was written.
      const isAsked = id === versionId || (id !== null && formerIdOf(id) === versionId);
      if (versionId === null || isAsked) return { versionId: id, payload };
      if (payload.has === "bytes") payload.bytes.fill(0);
      throw overtaken(name);
    },
  };
}

/** The same adapter where nothing is kept: with ids as the source says them. */
export function withPlainIds(adapter: Adapter): Sealed {
  return {
    ...adapter,
    async versions(path, since) {
      return (await adapter.versions(path, since)).map(({ sealAs: _, ...told }) => told);
    },
  };
}

/** Of a sealed id there is nothing to ask for. */
function unsealed(id: string): string | null {
  return isSealed(id) ? null : id;
}

/** The longest untouched is forgotten first. */
function keep<T>(map: Map<string, T>, key: string, held: T): void {
  map.delete(key);
  map.set(key, held);
  for (const [oldest] of map) {
    if (map.size <= mostRemembered) break;
    map.delete(oldest);
  }
}

/** What a source of one version only has come to, by the time that it is read. */
export function overtaken(name: string): SourceFailure {
  const sentence = `${name} has a newer version there by now, and not the one that was asked for. Skep looks for the newer one by itself.`;
  return new SourceFailure("not-found", name, { sentence });
}

function ofAnotherKey(name: string): SourceFailure {
  const sentence = `Skep's session secret was changed since this version was seen at ${name}, so that nobody can say whether it is still there. Compare the values on the secret's page.`;
  return new SourceFailure("not-found", name, { sentence });
}
