import "server-only";
import { finding, type Rule, secretHref, secretsHeld, sentence } from "../input.ts";

/** A secret whose current version was removed outside Skep: the next task that needs it does not start. */
export const missingObject: Rule = ({ snapshot, records, operations }) => {
  if (snapshot.asOf === null) return [];
  const busy = secretsHeld(operations);
  return records.flatMap(({ id, name, versions }) => {
    const current = versions.find(({ state }) => state === "current");
    if (!current || busy.has(id) || (current.objectId && snapshot.secrets.has(current.objectId))) return [];
    return finding({
      rule: "missing-object",
      severity: "now",
      secretId: id,
      parts: sentence`${current.objectName}, the current version of ${name}, is no longer in the Swarm`,
      mend: { label: "Rotate", href: secretHref(id, "rotate"), needs: "secret.rotate" },
    });
  });
};
