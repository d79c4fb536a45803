import "server-only";
import { z } from "zod";
import { type RotatorKind, type RotatorSettings, rotatorKinds, rotatorSettings } from "#lib/rotators/schema.ts";
import { shortName } from "./short-name.ts";

/** A rotator as its form sends it: every kind's fields flat, those of the other kind left unread. */
export const rotatorInput = z
  .looseObject({
    name: z.string().trim(),
    kind: z.enum(rotatorKinds, "Choose what kind of rotator it is."),
  })
  .transform(({ name, kind, ...fields }, context) => {
    const problem = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
    // Beside what is wrong with the other fields, and not before it.
    const named = shortName.safeParse(name);
    for (const { message } of named.error?.issues ?? []) problem("name", message);
    const parsed = rotatorSettings.safeParse(nested(kind, fields));
    for (const { path, message } of parsed.error?.issues ?? []) problem(fieldOf(path, fields), message);
    if (!parsed.success || !named.success) return z.NEVER;
    const own = ownLogin(parsed.data);
    if (own === -1) return { name, settings: parsed.data };
    problem(fieldOf(["logins", own], fields), ownLoginSentence);
    return z.NEVER;
  });

type Sent = Record<string, unknown>;

function nested(kind: RotatorKind, fields: Sent): unknown {
  const text = (name: string) => textOf(fields, name);
  const common = {
    kind,
    credential: text("credential"),
    logins: loginFields.map(text).filter((login) => login !== ""),
    authorityFile: text("authorityFile") || null,
    allowsPrivateAddresses: text("allowsPrivateAddresses") === "true",
  };
  switch (kind) {
    case "postgresql": {
      const place = { host: text("host"), port: portOf(text("port")), database: text("database") };
      return { ...common, ...place, user: text("user"), usesTls: text("usesTls") === "true" };
    }
    case "http":
      return { ...common, address: text("address"), keepsOld: text("keepsOld") === "true" };
  }
}

function textOf(fields: Sent, name: string): string {
  return String(fields[name] ?? "").trim();
}

/** Empty means the usual one; what is no number is refused with the sentence about ports. */
function portOf(text: string): number | undefined {
  if (text === "") return undefined;
  return /^\d{1,5}$/.test(text) ? Number(text) : 0;
}

const loginFields = ["login", "secondLogin"] as const;

/** Which field of the form a place in the settings came from. */
function fieldOf([first, second]: PropertyKey[], fields: Sent): string {
  if (first !== "logins") return String(first);
  const entered = loginFields.filter((name) => textOf(fields, name) !== "");
  // Of the list as a whole: that there is none, or the same twice.
  return (typeof second === "number" ? entered[second] : entered.at(-1)) ?? "login";
}

/** Skep's own login among those of the services: a rotation would lock Skep itself out. */
function ownLogin(settings: RotatorSettings): number {
  return settings.kind === "postgresql" ? settings.logins.indexOf(settings.user) : -1;
}

const ownLoginSentence = "This is the login that sets the passwords. Name one that services have.";
