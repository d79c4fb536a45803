import "server-only";
import { isAppError } from "#lib/errors.ts";
import { type Adapter, callTimeoutSeconds, type Source, type SourceSurroundings } from "./contract.ts";
import { SourceFailure } from "./failure.ts";
import { inTime } from "./in-time.ts";
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
  const credential = (file: string) => credentialOf(surroundings, file, "sign-in");
  const authority = authorityFile === null ? null : await credentialOf(surroundings, authorityFile, "certificate");
  const reach = openReach({ allowsPrivateAddresses, authority });
  const open = (await adapters[settings.kind]()) as OpenAdapter<SourceKind>;
  const opened = open(settings, { ...surroundings, credential }, reach);
  const adapter = seal ? withSealedIds(opened, name, seal) : withPlainIds(opened);
  const call = <T>(work: () => Promise<T>, forget?: (late: T) => void) =>
    inTime(
      { seconds: callSeconds, late: () => new SourceFailure("unreachable", name) },
      () => ownWords(name, work),
      forget,
    );
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

/** A file that is not there is a failure of this source, and no reason to give up on the others. */
async function credentialOf(
  { name, credential }: SourceSurroundings,
  file: string,
  reason: "sign-in" | "certificate",
): Promise<string> {
  try {
    return await credential(file);
  } catch (cause) {
    throw new SourceFailure(reason, name, { cause, ...(isAppError(cause) ? { sentence: cause.publicMessage } : {}) });
  }
}

/** Whatever an SDK throws may carry what it sent or was sent: only errors of Skep's own leave this room. */
async function ownWords<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isAppError(error)) throw error;
    throw new SourceFailure("broken-answer", name, { cause: error });
  }
}
