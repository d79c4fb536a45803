import "server-only";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { oncePerProcess } from "#lib/clock.ts";
import { AppError } from "#lib/errors.ts";

/** Every setting that an operator can make, parsed. Where one was not made, it is null, empty or its default. */
export type Environment = z.infer<typeof settings> & {
  /** Paths by the names of credentials, in small letters: `SKEP_CREDENTIAL_VAULT_TOKEN_FILE` is that of vault_token. */
  credentialFiles: Record<string, string>;
  /** Paths that settings of any other kind name, as NAME_FILE: secrets of Skep itself and of its machine. */
  ownFiles: string[];
};

/** A way to a Docker engine, in the words of Docker's own settings. */
export type DockerEndpoint = {
  /** unix:///path, tcp://host:port or ssh://user@host. */
  host: string;
  /** Folder with ca.pem, cert.pem and key.pem; null where TLS is not used. */
  certPath: string | null;
  isTlsVerified: boolean;
};

/** What this process runs with: the settings, and what was found or started for those that were not made. */
export type Configuration = {
  dataFolder: string;
  /** The application's role: reads and writes, but cannot alter the history. */
  databaseUrl: string;
  /** The role that migrates; null when the operator gave only one. */
  databaseOwnerUrl: string | null;
  docker: DockerEndpoint;
  /** Further managers of the same Swarm, asked where that one does not answer. */
  otherManagers: DockerEndpoint[];
  isSandbox: boolean;
  /** Paths of the credentials that the ground brought along, by their names in small letters. */
  credentialFiles: Record<string, string>;
  sessionSecret: string;
  /** Host names (no port) under which the console may be asked for, beside the one it listens on. */
  allowedHosts: string[];
  /** Addresses or CIDR ranges whose X-Forwarded-* headers are believed. */
  trustedProxies: string[];
  host: string;
  /** 0 until the server listens, if any port would do. */
  port: number;
  /** How a browser gets here: `plain` only on loopback; with the others, cookies are Secure. */
  transport: "plain" | "tls" | "behind-proxy";
  adminEmail: string | null;
  adminPassword: string | null;
  logLevel: Environment["logLevel"];
};

const setting = z.string().min(1).optional();
const list = setting.transform((text) => (text ?? "").split(",").flatMap((entry) => entry.trim() || []));
const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, "must begin with postgresql://")
  .nullish()
  .transform((url) => url ?? null);

const fields = z.object({
  SKEP_DATA_DIR: z.string().min(1).default(".skep"),
  DATABASE_URL: postgresUrl,
  DATABASE_OWNER_URL: postgresUrl,
  DOCKER_HOST: z
    .string()
    .regex(/^(unix:\/\/\/|tcp:\/\/|https?:\/\/|ssh:\/\/)./, "must begin with unix:///, tcp:// or ssh://")
    .optional(),
  DOCKER_CERT_PATH: setting,
  DOCKER_TLS_VERIFY: setting,
  SKEP_DOCKER_HOSTS: list,
  SKEP_ADMIN_EMAIL: z.email("must be an e-mail address").optional(),
  SKEP_ADMIN_PASSWORD: z.string().min(12, "must have at least 12 characters").optional(),
  SKEP_SESSION_SECRET: z
    .string()
    .refine(
      (secret) => Buffer.byteLength(secret) >= 32,
      "must be at least 32 bytes; `openssl rand -base64 48` makes one",
    )
    .refine((secret) => !isGuessable(secret), "is weak or well known; `openssl rand -base64 48` makes a good one")
    .optional(),
  SKEP_ALLOWED_HOSTS: list,
  SKEP_TRUSTED_PROXIES: list,
  SKEP_CREDENTIAL_DIR: z.string().min(1).default("/run/secrets/skep-sources"),
  SKEP_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
});

export type SettingName = keyof typeof fields.shape;
export const settingNames = Object.keys(fields.shape) as SettingName[];

const settings = fields.transform((raw) => ({
  dataFolder: resolve(raw.SKEP_DATA_DIR),
  databaseUrl: raw.DATABASE_URL,
  databaseOwnerUrl: raw.DATABASE_OWNER_URL,
  dockerHost: raw.DOCKER_HOST ?? null,
  dockerCertPath: raw.DOCKER_CERT_PATH ?? null,
  isDockerTlsVerified: raw.DOCKER_TLS_VERIFY !== undefined,
  dockerHosts: raw.SKEP_DOCKER_HOSTS,
  adminEmail: raw.SKEP_ADMIN_EMAIL ?? null,
  adminPassword: raw.SKEP_ADMIN_PASSWORD ?? null,
  sessionSecret: raw.SKEP_SESSION_SECRET ?? null,
  allowedHosts: raw.SKEP_ALLOWED_HOSTS,
  trustedProxies: raw.SKEP_TRUSTED_PROXIES,
  credentialFolder: resolve(raw.SKEP_CREDENTIAL_DIR),
  logLevel: raw.SKEP_LOG_LEVEL,
}));

/** Reads each setting from NAME or the file that NAME_FILE points to. Fails naming every wrong field, and no field's value. */
export function readEnvironment(source: Record<string, string | undefined>): Environment {
  const problems: string[] = [];
  const found: Record<string, string> = {};
  for (const name of settingNames) {
    const text = readSetting(source, name, problems);
    if (text !== undefined) found[name] = text;
  }
  const parsed = settings.safeParse(found);
  for (const issue of parsed.error?.issues ?? []) problems.push(`${issue.path.join(".")} ${issue.message}`);
  if (found.DATABASE_OWNER_URL && !found.DATABASE_URL) problems.push("DATABASE_OWNER_URL needs DATABASE_URL beside it");
  if (Boolean(found.SKEP_ADMIN_EMAIL) !== Boolean(found.SKEP_ADMIN_PASSWORD)) {
    problems.push("SKEP_ADMIN_EMAIL and SKEP_ADMIN_PASSWORD go together; set both or neither");
  }
  if (problems.length > 0 || !parsed.success) {
    throw new AppError("invalid-input", `These settings cannot be used: ${problems.join("; ")}.`);
  }
  return { ...parsed.data, credentialFiles: credentialFilesIn(source), ownFiles: ownFilesIn(source) };
}

/** The settings of this process, read once. */
export function env(): Environment {
  return oncePerProcess("environment", () => readEnvironment(process.env));
}

/** The machine's way to the network, for programs that fetch packages and get nothing else of the environment. */
export function proxySettings(): Record<string, string> {
  const names = ["http_proxy", "https_proxy", "no_proxy"];
  return Object.fromEntries(
    Object.entries(process.env).filter(([name, text]) => names.includes(name) && text),
  ) as Record<string, string>;
}

/** Set once at start by whoever owns the process (server, command line, test), before anything asks for it. */
export function configure(configuration: Configuration): void {
  configurationHolder().current = configuration;
}

/** What this process runs with. The same object for every copy of this module that Next makes. */
export function configuration(): Configuration {
  const { current } = configurationHolder();
  if (!current) throw new AppError("unexpected", "Skep was not started the usual way. Use `npm start`.");
  return current;
}

/** Paths of the credentials that the ground brought along, by their names; none before it was started. */
export function broughtCredentials(): Record<string, string> {
  return configurationHolder().current?.credentialFiles ?? {};
}

/** The settings as they are, with the rest given by the caller: the shortest way to a configuration, for tests too. */
export function configurationFrom(
  environment: Environment,
  found: Pick<Configuration, "databaseUrl" | "docker" | "sessionSecret"> & Partial<Configuration>,
): Configuration {
  const { dataFolder, databaseOwnerUrl, allowedHosts, trustedProxies, adminEmail, adminPassword, logLevel } =
    environment;
  return {
    dataFolder,
    databaseOwnerUrl,
    allowedHosts,
    trustedProxies,
    adminEmail,
    adminPassword,
    logLevel,
    isSandbox: false,
    credentialFiles: {},
    otherManagers: [],
    host: "127.0.0.1",
    port: 3000,
    transport: "plain",
    ...found,
  };
}

function configurationHolder(): { current: Configuration | null } {
  return oncePerProcess("configuration", () => ({ current: null }));
}

function credentialFilesIn(source: Record<string, string | undefined>): Record<string, string> {
  const named = Object.entries(source).flatMap(([setting, path]) => {
    const name = credentialOf(setting);
    return name && path ? [[name.toLowerCase(), path]] : [];
  });
  return Object.fromEntries(named);
}

/** AWS's web identity and Postgres's PGPASSFILE are among them. */
function ownFilesIn(source: Record<string, string | undefined>): string[] {
  return Object.entries(source).flatMap(([setting, path]) =>
    path && setting.endsWith("FILE") && credentialOf(setting) === null ? [path] : [],
  );
}

/** As a setting names it, in capitals; null where the setting is of another kind. */
function credentialOf(setting: string): string | null {
  const [, name] = /^SKEP_CREDENTIAL_([A-Z0-9_]+)_FILE$/.exec(setting) ?? [];
  return name === undefined || name === "DIR" ? null : name;
}

function readSetting(source: Record<string, string | undefined>, name: string, problems: string[]): string | undefined {
  const direct = source[name] || undefined;
  const path = source[`${name}_FILE`] || undefined;
  if (!path) return direct;
  if (direct) {
    problems.push(`${name} and ${name}_FILE are both set; keep one`);
    return undefined;
  }
  try {
    return readFileSync(/* turbopackIgnore: true */ path, "utf8").replace(/\r?\n$/, "") || undefined;
  } catch {
    problems.push(`${name}_FILE points to a file that cannot be read`);
    return undefined;
  }
}

/** Catches what people really type: words from examples, one unit repeated, few different characters, runs like 0123. */
function isGuessable(secret: string): boolean {
  if (/secret|password|passwd|change.?me|example|default|insecure|keyboard.?cat|nextauth|qwerty|letmein/i.test(secret))
    return true;
  if (/^(.{1,24}?)\1+.{0,24}$/su.test(secret)) return true;
  if (new Set(secret).size < 10) return true;
  const codes = [...secret].map((character) => character.codePointAt(0) ?? 0);
  const steps = codes.filter((code, index) => index > 0 && Math.abs(code - (codes[index - 1] ?? 0)) === 1).length;
  return steps > secret.length / 2;
}
