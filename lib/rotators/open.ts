import "server-only";
import { isAppError } from "#lib/errors.ts";
import { inTime } from "#lib/sources/in-time.ts";
import { callTimeoutSeconds, type Rotator, type RotatorSurroundings } from "./contract.ts";
import { RotatorFailure } from "./failure.ts";
import { rotators } from "./registry.ts";
import type { RotatorKind, RotatorSettings, RotatorSettingsOf } from "./schema.ts";

/** What each kind of rotator has to offer: one line of the registry. `authority` is the text of its certificates. */
export type OpenRotator<K extends RotatorKind> = (
  settings: RotatorSettingsOf<K>,
  surroundings: RotatorSurroundings,
  authority: string | null,
) => Rotator;

/** Opens the other side. Nothing is asked yet, but for the files that its settings name. Fails as a `RotatorFailure`, as all that it then does. */
export async function openRotator(
  settings: RotatorSettings,
  surroundings: RotatorSurroundings,
  { callSeconds = callTimeoutSeconds }: { callSeconds?: number } = {},
): Promise<Rotator> {
  const { name } = surroundings;
  const credential = (file: string) => credentialOf(surroundings, file, "sign-in");
  const { authorityFile } = settings;
  const authority = authorityFile === null ? null : await credentialOf(surroundings, authorityFile, "certificate");
  const open = (await rotators[settings.kind]()) as OpenRotator<RotatorKind>;
  const rotator = open(settings, { ...surroundings, credential }, authority);
  const call = <T>(work: () => Promise<T>) =>
    inTime({ seconds: callSeconds, late: () => new RotatorFailure("unreachable", name) }, () => ownWords(name, work));
  return {
    check: () => call(() => rotator.check()),
    set: (turn, password) => call(() => rotator.set(turn, password)),
    test: (turn, password) => call(() => rotator.test(turn, password)),
    finish: (turn) => call(() => rotator.finish(turn)),
    close: () => rotator.close(),
  };
}

async function credentialOf(
  { name, credential }: RotatorSurroundings,
  file: string,
  reason: "sign-in" | "certificate",
): Promise<string> {
  try {
    return await credential(file);
  } catch (cause) {
    throw new RotatorFailure(reason, name, { cause, ...(isAppError(cause) ? { sentence: cause.publicMessage } : {}) });
  }
}

/** Whatever a driver throws may carry what it sent or was sent: only errors of Skep's own leave this room. */
async function ownWords<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isAppError(error)) throw error;
    throw new RotatorFailure("broken-answer", name, { cause: error });
  }
}
