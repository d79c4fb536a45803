import { z } from "zod";

/** Where values live that Skep does not make. Each kind is one file of this room and one line of `registry.ts`. */
export const sourceKinds = ["vault", "aws", "http"] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** Whether it can be asked what it has, for `browse`. Where it cannot, a person types the path. */
export const hasList: Record<SourceKind, boolean> = { vault: true, aws: true, http: false };

/** The name of a file in the folder of credentials, or of a setting `SKEP_CREDENTIAL_<NAME>_FILE`. The credential itself is read when it is needed and kept nowhere. */
export const credentialName = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, "Name a file in the folder of credentials: letters, digits, _ . and -.");

const text = z.string().trim().min(1).max(255);
const mount = z
  .string()
  .trim()
  .regex(
    /^(?!\.{1,2}(\/|$))[^\s/\\?#%]+(\/(?!\.{1,2}(\/|$))[^\s/\\?#%]+)*$/,
    "Write the mount as its path, such as secret or teams/shop.",
  );
const address = z
  .url({ protocol: /^https?$/, error: "Write the address as https://host:port.", abort: true })
  .refine((url) => !new URL(url).username && !new URL(url).password, "Leave user and password out of the address.")
  .refine((url) => !/[?#]/.test(url), "Leave out what follows a ? or # in the address.");

const reach = {
  /** Whether its name may lead to loopback and private addresses. Link-local ones, where clouds keep their metadata, are never asked. */
  allowsPrivateAddresses: z.boolean().default(false),
  /** A file with the certificates of its own authority; null where those that Node knows vouch for it. */
  authorityFile: credentialName.nullable().default(null),
};

const vaultLogin = z.discriminatedUnion("method", [
  z.object({ method: z.literal("token"), credential: credentialName }),
  z.object({ method: z.literal("approle"), mount: mount.default("approle"), roleId: text, credential: credentialName }),
  z.object({ method: z.literal("jwt"), mount: mount.default("jwt"), role: text, credential: credentialName }),
]);

const vault = z.object({
  kind: z.literal("vault"),
  address,
  namespace: z
    .string()
    .trim()
    .max(255)
    .regex(/^[\x21-\x7e]+$/, "Write the namespace as its path, such as team/shop.")
    .nullable()
    .default(null),
  mount: mount.default("secret"),
  login: vaultLogin,
  /** Of a mount of KV v1, which knows no versions: the field that changes with the value. Null: it is read only when a person asks. */
  versionField: text.nullable().default(null),
  ...reach,
});

/** Paths are names or ARNs, followed where it is not AWSCURRENT by a staging label: `shop/db`, `shop/db#AWSPENDING`. */
const aws = z.object({
  kind: z.literal("aws"),
  region: z.string().regex(/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/, "Write the region as AWS does, such as eu-central-1."),
  /** Null: AWS's own. STS is asked at this address too, unless it is one of AWS's, such as a VPC's. */
  endpoint: address.nullable().default(null),
  login: z.discriminatedUnion("method", [
    /**
     * The default chain of the SDK: environment, shared files, web identity, the container's or the machine's role. It
     * is found at addresses of the machine's own, for which the settings below do not count.
     */
    z.object({ method: z.literal("machine") }),
    /** A file as AWS writes them, with `aws_access_key_id`, `aws_secret_access_key` and, of a lent key, `aws_session_token`. */
    z.object({ method: z.literal("keys"), credential: credentialName }),
  ]),
  role: z
    .object({ arn: text, externalId: text.nullable().default(null) })
    .nullable()
    .default(null),
  ...reach,
});

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/, "This is no name of a header.");

/** What Skep and HTTP itself say in their own headers. */
const ownHeader =
  /^(accept-encoding|connection|content-.*|expect|host|if-.*|keep-alive|proxy-.*|range|te|trailer|transfer-encoding|upgrade)$/i;
const secretHeader = /authorization|cookie|key|pass|secret|session|signature|token/i;

const header = z
  .object({
    name: headerName.refine((name) => !ownHeader.test(name), "Skep itself writes this header."),
    /** Its text comes from this file, after `prefix`, such as `Bearer `. */
    credential: credentialName.nullable(),
    prefix: z
      .string()
      .max(255)
      .regex(/^[\x20-\x7e]*$/, "A header holds printable ASCII only."),
  })
  .refine(({ name, credential }) => credential !== null || !secretHeader.test(name), {
    message: "Settings are kept readable. Put the text of this header into a file of credentials and name it.",
    path: ["credential"],
  });

const http = z.object({
  kind: z.literal("http"),
  /** What a secret's path is appended to. */
  address,
  headers: z
    .array(header)
    .max(20)
    .refine((all) => new Set(all.map(({ name }) => name.toLowerCase())).size === all.length, "Name each header once.")
    .default([]),
  /** What says which version an answer is; null: it is read only when a person asks. */
  versionFrom: z
    .discriminatedUnion("in", [
      z.object({ in: z.literal("header"), name: headerName }),
      z.object({
        in: z.literal("body"),
        pointer: z.string().regex(/^(\/([^~/]|~[01])*)+$/, "Write a JSON pointer, such as /meta/version."),
      }),
    ])
    .nullable()
    .default({ in: "header", name: "etag" }),
  ...reach,
});

export const sourceSettings = z.discriminatedUnion("kind", [vault, aws, http]);
export type SourceSettings = z.infer<typeof sourceSettings>;
export type SettingsOf<K extends SourceKind> = Extract<SourceSettings, { kind: K }>;
export type VaultLogin = z.infer<typeof vaultLogin>;

const templateText = z.string().min(1, "Write the template.").max(4000, "A template has at most 4,000 characters.");

/**
 * What of a secret at the source becomes the value: all of it, byte for byte; one field (HTTP: a JSON pointer); or a
 * template, such as `postgres://{{user}}:{{password | url}}@db/shop`.
 */
export const takeInput = z.discriminatedUnion("take", [
  z.object({ take: z.literal("whole") }),
  z.object({ take: z.literal("field"), field: z.string().min(1, "Name the field.").max(255) }),
  z.object({ take: z.literal("template"), template: templateText }),
]);
export type Take = z.infer<typeof takeInput>;

/** In characters: as much as is kept of an id, said in the history and sent by a form; what is longer is none. */
export const longestVersionId = 255;

/**
 * One version at a source: its id there, as text, and when it came to be (ISO 8601; null where the source does not say).
 * `labels` is what the owners wrote about the secret there, such as Vault's custom metadata: for people who choose, kept
 * nowhere.
 */
export type SourceVersion = {
  id: string;
  createdAt: string | null;
  state: "there" | "deleted";
  labels?: Record<string, string>;
};

/** One page of names below a folder. A folder ends with a slash. */
export type SourceListing = { names: string[]; next: string | null };

/** The same as a page shows it: with the folder that it is of. */
export type ShownListing = SourceListing & { folder: string };

/** What answered: software and version as far as it tells, and what the login may do for how long. */
export type SourceCheck = { software: string; login: string };

export const sourceIdInput = z.object({ sourceId: z.string().min(1).max(64) });

export const browseInput = sourceIdInput.extend({
  folder: z
    .string()
    .max(1024)
    .regex(/^([^/]*\/)*$/, "A folder ends with a slash."),
  page: z
    .string()
    .max(2048)
    .transform((page) => page || undefined),
});

/** Where a source sends its webhooks, without the console's origin. */
export function webhookPathOf(sourceId: string): string {
  return `/api/sources/${sourceId}`;
}

/** That very place, and nothing below it. */
export function isWebhookPath(path: string): boolean {
  return /^\/api\/sources\/[\w-]{1,64}$/.test(path);
}

/** A source in the list of sources. */
export type SourceRow = {
  id: string;
  name: string;
  kind: SourceKind;
  /** Where it is and how Skep signs in, in one line. */
  text: string;
  /** Secrets that take their values from it. */
  bound: number;
  /** Why it gives nothing, since when, and when it is asked again; ISO 8601. */
  failure: { sentence: string; since: string; nextAskAt: string | null } | null;
  /** Where a webhook is sent to, without the console's origin. */
  webhookPath: string;
  /** Null where nobody understands what is stored; the failure says so. */
  settings: SourceSettings | null;
};

export const kindNames: Record<SourceKind, string> = {
  vault: "Vault or OpenBao",
  aws: "AWS Secrets Manager",
  http: "HTTP",
};
