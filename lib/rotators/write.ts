import "server-only";
import { fillTemplate } from "#lib/sources/template.ts";
import { SecretValue } from "#lib/value.ts";

/** A secret as its template says, with this login and password. The caller forgets both values. */
export async function writeSecret(template: string, login: string | null, password: SecretValue): Promise<SecretValue> {
  return password.use(async (bytes) => {
    const fields: Record<string, string> = { password: bytes.toString("utf8"), user: login ?? "" };
    return new SecretValue(Buffer.from(fillTemplate(template, (field) => fields[field] ?? "")));
  });
}
