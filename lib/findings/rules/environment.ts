import "server-only";
import { someOf } from "#lib/words.ts";
import { finding, type Rule, sentence } from "../input.ts";

const telling =
  /(password|passwd|passphrase|secret|token|credentials?|(^|[_.-])(pass|pwd|((api|access|private|secret|signing|encryption)[_.-]?)?key))$/i;
const camelKey = /[a-z](Key|Pass|Pwd)$/;
const harmless = /(^(old)?pwd|_file|public[_.-]?key|publicKey)$/i;

/** By the names of variables alone: their values never leave `swarm`. */
export const secretInEnvironment: Rule = ({ snapshot }) =>
  [...snapshot.services.values()].flatMap(({ id, name, environmentNames }) => {
    const names = environmentNames.filter(looksLikeSecret);
    if (names.length === 0) return [];
    return finding({
      rule: "secret-in-environment",
      severity: "soon",
      serviceId: id,
      parts: sentence`${name} has ${someOf(names)} in its environment`,
      mend: { label: "See the way out", href: `/services/${id}` },
      hint: "Whoever may inspect the service reads it. Put the value into a secret, and give the variable with _FILE.",
    });
  });

export function looksLikeSecret(variable: string): boolean {
  return !harmless.test(variable) && (telling.test(variable) || camelKey.test(variable));
}
