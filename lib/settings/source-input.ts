import "server-only";
import { z } from "zod";
import { type SourceKind, sourceKinds, sourceSettings } from "#lib/sources/schema.ts";
import { shortName } from "./short-name.ts";

/** A source as its form sends it: every kind's fields flat, those of other kinds empty. */
export const sourceInput = z
  .looseObject({
    name: z.string().trim(),
    kind: z.enum(sourceKinds, "Choose what kind of source it is."),
  })
  .transform(({ name, kind, ...fields }, context) => {
    // Beside what is wrong with the other fields, and not before it.
    const named = shortName.safeParse(name);
    for (const { message } of named.error?.issues ?? []) context.addIssue({ code: "custom", path: ["name"], message });
    const parsed = sourceSettings.safeParse(nested(kind, fields));
    for (const { path, message } of parsed.error?.issues ?? []) {
      context.addIssue({ code: "custom", path: [fieldOf(path.join("."))], message });
    }
    return parsed.success && named.success ? { name, settings: parsed.data } : z.NEVER;
  });

type Sent = Record<string, unknown>;

function nested(kind: SourceKind, fields: Sent): unknown {
  const text = (name: string) => String(fields[name] ?? "").trim() || undefined;
  const orNull = (name: string) => text(name) ?? null;
  const common = {
    kind,
    allowsPrivateAddresses: fields.allowsPrivateAddresses === "true",
    authorityFile: orNull("authorityFile"),
  };
  const login = { method: text("login"), credential: text("credential") ?? "" };
  switch (kind) {
    case "vault": {
      const by = { ...login, mount: text("loginMount"), roleId: text("roleId") ?? "", role: text("role") ?? "" };
      const address = text("address") ?? "";
      const where = { address, namespace: orNull("namespace"), mount: text("mount"), login: by };
      return { ...common, ...where, versionField: orNull("versionField") };
    }
    case "aws": {
      const arn = text("roleArn");
      const role = arn ? { arn, externalId: orNull("externalId") } : null;
      return { ...common, region: text("region") ?? "", endpoint: orNull("endpoint"), login, role };
    }
    case "http": {
      const header = text("headerName");
      const prefix = String(fields.headerPrefix ?? "");
      const headers = header ? [{ name: header, prefix, credential: orNull("credential") }] : [];
      const place = text("versionIn");
      const named = text("versionName") ?? "";
      const versionFrom =
        place === "header" ? { in: place, name: named } : place === "body" ? { in: place, pointer: named } : null;
      return { ...common, address: text("address") ?? "", headers, versionFrom };
    }
  }
}

/** Which field of the form a place in the settings came from. */
function fieldOf(path: string): string {
  const renamed: Record<string, string> = {
    login: "login",
    "login.method": "login",
    "login.mount": "loginMount",
    "login.roleId": "roleId",
    "login.role": "role",
    "login.credential": "credential",
    "role.arn": "roleArn",
    "role.externalId": "externalId",
    "headers.0.name": "headerName",
    "headers.0.prefix": "headerPrefix",
    "headers.0.credential": "credential",
    "versionFrom.name": "versionName",
    "versionFrom.pointer": "versionName",
  };
  return renamed[path] ?? path;
}
