import "server-only";
import type { OtherSide } from "../model/other-side.ts";
import type { PlannedRecord } from "../schema.ts";
import type { RecordChange } from "../store-port.ts";
import { type Attachment, written } from "./attachment.ts";

export type Adoption = Omit<Extract<PlannedRecord, { record: "adopt" }>, "record">;
type FirstPassword = { login: string | null; password: string; text: string };

/** What an attached secret's first two versions say: the older one has the other login, where there are two. */
export function firstPasswords(attachment: Attachment): { older: FirstPassword; current: FirstPassword } {
  const { logins } = attachment;
  const [first = null, second = first] = logins;
  const of = (login: string | null, password: string) => ({
    login,
    password,
    text: written(attachment, login, password),
  });
  return { older: of(second, "first-canary-1"), current: of(first, "first-canary-2") };
}

/** As the database has it before Skep comes: of the only login, the older password does not work any more. */
export function letSignIn(otherSide: OtherSide, attachment: Attachment): void {
  const { rotatorId, keepsOld } = attachment;
  const { older, current } = firstPasswords(attachment);
  const isSame = older.login === current.login;
  const passwords = isSame && keepsOld ? [older.password, current.password] : [current.password];
  otherSide.has(rotatorId, current.login, ...passwords);
  if (!isSame) otherSide.has(rotatorId, older.login, older.password);
}

export function adopted(adoption: Adoption): RecordChange {
  return { record: "planned", planned: { record: "adopt", ...adoption } };
}

/** An adoption cannot say whose password a version has; what follows one by one can. */
export function attachedRecords(
  { secretId, name, settings, versions }: Adoption,
  attachment: Attachment,
): RecordChange[] {
  const { rotatorId } = attachment;
  const { older, current } = firstPasswords(attachment);
  const made = versions.flatMap(({ versionId, number, objectId, objectName, state }): RecordChange[] => {
    const { login } = state === "current" ? current : older;
    return [
      { record: "version-intended", versionId, secretId, number, objectName, rotatorId, login },
      { record: "version-made", versionId, objectId },
      { record: "version-current", secretId, versionId },
    ];
  });
  return [{ record: "planned", planned: { record: "create", secretId, name, settings } }, ...made];
}
