import "server-only";
import { inOwnWords } from "#lib/sources/in-own-words.ts";
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
  const { authorityFile } = settings;
  const { read, call } = inOwnWords(RotatorFailure, { ...surroundings, callSeconds });
  const credential = (file: string) => read(file, "sign-in");
  const authority = authorityFile === null ? null : await read(authorityFile, "certificate");
  const open = (await rotators[settings.kind]()) as OpenRotator<RotatorKind>;
  const rotator = open(settings, { ...surroundings, credential }, authority);
  return {
    check: (asked) => call(() => rotator.check(asked)),
    set: (turn, password) => call(() => rotator.set(turn, password)),
    test: (turn, password) => call(() => rotator.test(turn, password)),
    finish: (turn) => call(() => rotator.finish(turn)),
    close: () => rotator.close(),
  };
}
