import "server-only";
import type { SecretRecord } from "#lib/grants/records.ts";
import { allowed } from "#lib/policy/rules.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { keepsOldValue } from "#lib/rotators/schema.ts";
import { currentOf, type Joined } from "./joined.ts";
import type { AttachmentView } from "./schema.ts";

/** At which rotator the secret's passwords are set, and which others change with it; null where it is attached to none. */
export function attachmentView(joined: Joined, actor: Actor, record: SecretRecord): AttachmentView | null {
  const { id: secretId, attachment } = record;
  if (!attachment) return null;
  const { rotatorId, rotatorName, kind, settings, template } = attachment;
  const current = currentOf(record);
  const isOver = record.removedAt !== null || joined.unfinished.has(secretId);
  return {
    rotatorName,
    kind,
    // Where it is, and who sets passwords there, is for those who may read rotators.
    mode: settings && { logins: settings.logins, keepsOld: keepsOldValue(settings) },
    template,
    login: current?.rotatorId === rotatorId ? current.login : null,
    together: joined.known.records
      .filter((other) => other.attachment?.rotatorId === rotatorId && other.id !== secretId && !other.removedAt)
      .map(({ id, name }) => ({ secretId: id, name })),
    can: isOver ? [] : allowed(actor, { "secret.detach": { secretId } }),
  };
}
