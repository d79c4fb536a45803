import "server-only";
import { stackLabel } from "#lib/grants/stack.ts";
import { ownLabels } from "#lib/swarm/labels.ts";

/** Tools put hashes of values into labels, to see whether they changed; such a label must not go on to another value. */
const hashKey = /(hash|digest|checksum|fingerprint|(^|[^a-z])(sha\d*|md5|crc\d*)([^a-z]|$))/i;
const hashValue = /^(sha\d+[:-])?([0-9a-f]{16,}|[A-Za-z0-9+/_-]{43}=?|[A-Za-z0-9+/_-]{27}=|\$\d?[a-z0-9]*\$.+)$/i;

/** Which labels of the old object the next one gets: its stack, access of other tools. Skep's own are made anew. */
export function carriedKeys(labels: Record<string, string>): string[] {
  return Object.entries(labels)
    .filter(
      ([key, value]) =>
        key === stackLabel || !(key.startsWith(ownLabels) || hashKey.test(key) || hashValue.test(value)),
    )
    .map(([key]) => key)
    .sort();
}
