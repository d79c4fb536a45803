import { z } from "zod";
import type { Generator } from "#lib/generate/schema.ts";
import { credentialName } from "#lib/sources/schema.ts";

/** What has to accept a new password. Each kind is one file of this room and one line of `registry.ts`. */
export const rotatorKinds = ["postgresql", "http"] as const;
export type RotatorKind = (typeof rotatorKinds)[number];

export const rotatorKindNames: Record<RotatorKind, string> = { postgresql: "PostgreSQL", http: "HTTP" };

const login = z
  .string()
  .trim()
  .min(1, "Name the login.")
  .max(63, "A login has at most 63 characters.")
  .regex(/^[\x21-\x7e]+$/, "A login holds printable ASCII without blanks.");

const isEachOnce = (all: readonly string[]) => new Set(all).size === all.length;
const twice = "The two logins are the same. Name another one, or leave the second empty.";

const reach = {
  /** Whether its name may lead to loopback and private addresses. Link-local ones are never asked. */
  allowsPrivateAddresses: z.boolean().default(false),
  /** A file with the certificates of its own authority; null where those that Node knows vouch for it. */
  authorityFile: credentialName.nullable().default(null),
};

const postgresql = z.object({
  kind: z.literal("postgresql"),
  host: z
    .string()
    .trim()
    .min(1, "Name the host.")
    .max(253)
    .regex(/^[A-Za-z0-9.:_-]+$/, "Write the host as a name or an address, without a port."),
  port: z.number().int().min(1, "A port is 1 to 65535.").max(65_535, "A port is 1 to 65535.").default(5432),
  database: z.string().trim().min(1, "Name the database.").max(63),
  /** Who sets the passwords, and the file with its own. It needs CREATEROLE, and ADMIN OPTION on the logins since 16. */
  user: login,
  credential: credentialName,
  /** Without it, what is sent can be read on the way; the new password is not among it. */
  usesTls: z.boolean().default(true),
  /** One login, or two of which services have one by turns. */
  logins: z.array(login).min(1, "Name the login that services have.").max(2).refine(isEachOnce, twice),
  ...reach,
});

const http = z.object({
  kind: z.literal("http"),
  /** What is called for each step; docs/rotators.md has the contract. */
  address: z
    .url({ protocol: /^https?$/, error: "Write the address as https://host:port/path.", abort: true })
    .refine((url) => !new URL(url).username && !new URL(url).password, "Leave user and password out of the address.")
    .refine((url) => !/[?#]/.test(url), "Leave out what follows a ? or # in the address."),
  /** The file with the key that calls are signed with. */
  credential: credentialName,
  /** None where the other side knows no logins, such as for an API key. */
  logins: z.array(login).max(2).refine(isEachOnce, twice),
  /** The other side takes the old value, too, until `finish`. */
  keepsOld: z.boolean().default(false),
  ...reach,
});

export const rotatorSettings = z.discriminatedUnion("kind", [postgresql, http]);
export type RotatorSettings = z.infer<typeof rotatorSettings>;
export type RotatorSettingsOf<K extends RotatorKind> = Extract<RotatorSettings, { kind: K }>;

/** The old value works for as long as services need it: a failure can be undone, and no service is without one. */
export function keepsOldValue(settings: RotatorSettings): boolean {
  return settings.logins.length === 2 || (settings.kind === "http" && settings.keepsOld);
}

/** What answered: software and version as far as it tells, and whose passwords may be set. */
export type RotatorCheck = { software: string; login: string };

/** How a secret is written of `user` and `password`; people may write their own. Presets are made by `presetsOf`. */
export const writingInput = z
  .string()
  .min(1, "Write how the secret is made of {{user}} and {{password}}.")
  .max(4000, "At most 4,000 characters.");

/** Ways in which a secret is usually written; with the place of the database where that is known. */
export function presetsOf(settings: RotatorSettings): { title: string; template: string }[] {
  const plain = [{ title: "The password alone", template: "{{password}}" }];
  if (settings.logins.length === 0) return plain;
  const both = [
    ...plain,
    { title: "The user name alone", template: "{{user}}" },
    { title: "JSON", template: '{"username":{{user | json}},"password":{{password | json}}}' },
  ];
  if (settings.kind !== "postgresql") return both;
  const { host, port, database } = settings;
  const urlHost = host.includes(":") ? `[${host}]` : host;
  const place = `${urlHost}:${port}/${encodeURIComponent(database)}`;
  const passPlace = [host, port, database].map((part) => String(part).replace(/[\\:]/g, "\\$&")).join(":");
  return [
    ...both,
    { title: "A connection URL", template: `postgresql://{{user | url}}:{{password | url}}@${place}` },
    { title: "A .pgpass file", template: `${passPlace}:{{user | pgpass}}:{{password | pgpass}}\n` },
  ];
}

/** A rotator in the list of rotators. */
export type RotatorRow = {
  id: string;
  name: string;
  kind: RotatorKind;
  /** Where it is and whose passwords it sets, in one line. */
  text: string;
  /** Those that are attached to it, each with the login that its current version has. */
  secrets: { id: string; name: string; template: string; login: string | null }[];
  /** How its passwords are made. */
  generator: Generator;
  /** Null where nobody understands what is stored. */
  settings: RotatorSettings | null;
};

const id = z.string().min(1).max(64);

export const rotatorIdInput = z.object({ rotatorId: id });

/** A form sends each line ending as two characters; a value has the one that was typed. */
const writing = z.preprocess((raw) => (typeof raw === "string" ? raw.replaceAll("\r\n", "\n") : raw), writingInput);

/** `writing` is one of the usual templates, or `own`; `login` is whose password the present value is, empty where there are no logins. */
export const attachInput = z
  .object({
    secretId: id,
    rotatorId: id,
    writing: z.string("Choose how the secret is written."),
    template: z.string().optional(),
    login: z
      .string()
      .max(63)
      .default("")
      .transform((text) => text || null),
  })
  .transform(({ writing: chosen, template: own = "", ...rest }, context) => {
    const template = writing.safeParse(chosen === "own" ? own : chosen);
    for (const { message } of template.error?.issues ?? []) {
      context.addIssue({ code: "custom", path: ["template"], message });
    }
    return template.success ? { ...rest, template: template.data } : z.NEVER;
  });
export type AttachInput = Omit<z.output<typeof attachInput>, "secretId">;

/** What a template would make, asked while a person writes it. */
export const exampleInput = z.object({ secretId: id, template: writing });
