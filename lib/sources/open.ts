import "server-only";
import { isAppError } from "#lib/errors.ts";
import type { Adapter, Source, SourceSurroundings } from "./contract.ts";
import { isSourceFailure, SourceFailure } from "./failure.ts";
import { openReach, type Reach } from "./reach.ts";
import { adapters } from "./registry.ts";
import type { SettingsOf, SourceKind, SourceSettings } from "./schema.ts";
import { takeValue } from "./take.ts";

/** What each kind of source has to offer: one line of the registry. */
export type OpenAdapter<K extends SourceKind> = (
  settings: SettingsOf<K>,
  surroundings: SourceSurroundings,
  reach: Reach,
) => Adapter;

/** Opens a source. Nothing is asked yet, but for the files that its settings name. */
export async function openSource(settings: SourceSettings, surroundings: SourceSurroundings): Promise<Source> {
  const { allowsPrivateAddresses, authorityFile } = settings;
  const authority = authorityFile === null ? null : await surroundings.credential(authorityFile);
  const reach = openReach({ allowsPrivateAddresses, authority });
  const open = (await adapters[settings.kind]()) as OpenAdapter<SourceKind>;
  const adapter = open(settings, surroundings, reach);
  const { name } = surroundings;
  return {
    check: () => ownWords(name, () => adapter.check()),
    browse: (folder, page) => ownWords(name, () => adapter.browse(folder, page)),
    versions: (path, since) => ownWords(name, () => adapter.versions(path, since)),
    read: (path, take, version) =>
      ownWords(name, async () => {
        const { versionId, payload } = await adapter.fetch(path, version);
        return { versionId, value: takeValue(name, payload, take, adapter.fieldOf) };
      }),
    async close() {
      try {
        await adapter.close();
      } finally {
        reach.close();
      }
    },
  };
}

/** Whatever an SDK throws may carry what it sent or was sent: only errors of Skep's own leave this room. */
async function ownWords<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isSourceFailure(error) || isAppError(error)) throw error;
    throw new SourceFailure("broken-answer", name, { cause: error });
  }
}
