import "server-only";
import { keepsOldValue, presetsOf, type RotatorRow } from "#lib/rotators/schema.ts";
import { withExamples } from "#lib/secrets/attach.ts";

export type Choice = {
  id: string;
  name: string;
  text: string;
  logins: string[];
  keepsOld: boolean;
  presets: { title: string; template: string; example: string }[];
  /** What is attached to it already, and with which login; null where nothing is. */
  others: { names: string[]; login: string | null } | null;
};

/** The rotators that a secret can be attached to: those that are understood. */
export function choicesOf(rotators: readonly RotatorRow[]): Choice[] {
  return rotators.flatMap(({ id, name, text, settings, secrets }) => {
    if (!settings) return [];
    const [first] = secrets;
    const others = first ? { names: secrets.map((secret) => secret.name), login: first.login } : null;
    const { logins } = settings;
    return [
      { id, name, text, logins, others, keepsOld: keepsOldValue(settings), presets: withExamples(presetsOf(settings)) },
    ];
  });
}
