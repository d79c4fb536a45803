import "server-only";
import { type Adapter, callTimeoutSeconds, type Source, type SourceSurroundings } from "./contract.ts";
import { SourceFailure } from "./failure.ts";
import { inOwnWords } from "./in-own-words.ts";
import { openReach, type Reach } from "./reach.ts";
import { adapters } from "./registry.ts";
import type { SettingsOf, SourceKind, SourceSettings } from "./schema.ts";
import { type Seal, withPlainIds, withSealedIds } from "./sealed-ids.ts";
import { takeValue } from "./take.ts";
import { refuseVersionAsValue } from "./version-as-value.ts";

/** What each kind of source has to offer: one line of the registry. */
export type OpenAdapter<K extends SourceKind> = (
  settings: SettingsOf<K>,
  surroundings: SourceSurroundings,
  reach: Reach,
) => Adapter;

/** Opens a source. Whatever keeps ids of versions gives `seal`. Nothing is asked yet, but for the files that its settings name. Fails as a `SourceFailure`, as all that it then does. */
export async function openSource(
  settings: SourceSettings,
  surroundings: SourceSurroundings,
  { callSeconds = callTimeoutSeconds, seal }: { callSeconds?: number; seal?: Seal } = {},
): Promise<Source> {
  const { name } = surroundings;
  const { allowsPrivateAddresses, authorityFile } = settings;
  const { read, call } = inOwnWords(SourceFailure, { ...surroundings, callSeconds });
  const credential = (file: string) => read(file, "sign-in");
  const authority = authorityFile === null ? null : await read(authorityFile, "certificate");
  const reach = openReach({ allowsPrivateAddresses, authority });
  const open = (await adapters[settings.kind]()) as OpenAdapter<SourceKind>;
  const opened = open(settings, { ...surroundings, credential }, reach);
  const adapter = seal ? withSealedIds(opened, name, seal) : withPlainIds(opened);
  return {
    check: () => call(() => adapter.check()),
    browse: (folder, page) => call(() => adapter.browse(folder, page)),
    versions: (path, since) => call(() => adapter.versions(path, since)),
    read: (path, take, version) =>
      call(
        async () => {
          refuseVersionAsValue(settings, take);
          const { versionId, payload } = await adapter.fetch(path, version);
          return { versionId, value: takeValue(name, payload, take, adapter.fieldOf) };
        },
        ({ value }) => value.forget(),
      ),
    async close() {
      try {
        await adapter.close();
      } finally {
        reach.close();
      }
    },
  };
}
