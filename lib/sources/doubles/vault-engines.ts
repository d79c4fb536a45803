import "server-only";
import { answered, done, listed, nothingThere, numberOf, type Question, type Reply, refused } from "./vault-reply.ts";

export type Engine = {
  type: string;
  version: "1" | "2";
  /** `path` is what comes after the mount. */
  answer(path: string, question: Question): Reply;
};

/** KV version 1 (API documentation, "KV secrets engine - version 1"). */
export function plainEngine(): Engine {
  const secrets = new Map<string, unknown>();
  return {
    type: "kv",
    version: "1",
    answer(path, { method, query, body }) {
      if (query.get("list") === "true") return listed(secrets.keys(), path);
      if (method === "DELETE") secrets.delete(path);
      else if (method !== "GET") secrets.set(path, body);
      else return secrets.has(path) ? answered(secrets.get(path), { leaseSeconds: 2_764_800 }) : nothingThere;
      return done;
    },
  };
}

type Version = { data: unknown; createdAt: Date; deletedAt: Date | null; isDestroyed: boolean };
type Secret = {
  versions: Map<number, Version>;
  current: number;
  custom: unknown;
  maximum: number;
  lifeSeconds: number;
};

/** KV version 2 (API documentation, "KV secrets engine - version 2"). */
export function versionedEngine(now: () => Date): Engine {
  const secrets = new Map<string, Secret>();
  return {
    type: "kv",
    version: "2",
    answer(path, question) {
      if (path === "config") return answered({ cas_required: false, delete_version_after: "0s", max_versions: 0 });
      const [, part = "", secretPath = ""] = /^([a-z]+)\/(.*)$/s.exec(path) ?? [];
      if (part === "metadata") return metadata(secrets, secretPath, question);
      if (part === "data" && question.method === "GET") return read(secrets.get(secretPath), { question, now });
      if (part === "data" && question.method !== "DELETE") return write(secrets, secretPath, { question, now });
      if (!/^(data|delete|undelete|destroy)$/.test(part)) return refused(404, "invalid path for a versioned engine");
      const secret = secrets.get(secretPath);
      return secret ? change(part, secret, { question, now }) : done;
    },
  };
}

type Asked = { question: Question; now: () => Date };

function metadata(secrets: Map<string, Secret>, path: string, question: Question): Reply {
  const { method, query, body } = question;
  if (query.get("list") === "true") return listed(secrets.keys(), path);
  const secret = secrets.get(path);
  if (method === "GET") return secret ? answered(metadataOf(secret)) : nothingThere;
  if (method === "DELETE") {
    secrets.delete(path);
    return done;
  }
  const changed = secret ?? newSecret();
  if ("custom_metadata" in body) changed.custom = body.custom_metadata;
  if ("max_versions" in body) changed.maximum = numberOf(body.max_versions);
  if ("delete_version_after" in body) changed.lifeSeconds = Number.parseInt(String(body.delete_version_after), 10);
  if (!secret) secrets.set(path, changed);
  prune(changed);
  return done;
}

function read(secret: Secret | undefined, { question, now }: Asked): Reply {
  const number = Number(question.query.get("version") ?? 0) || secret?.current;
  const version = secret?.versions.get(number ?? 0);
  if (!secret || !version || number === undefined) return nothingThere;
  const isGone = version.isDestroyed || (version.deletedAt !== null && version.deletedAt < now());
  const about = { ...aboutVersion(version), version: number, custom_metadata: secret.custom };
  return answered({ data: isGone ? null : version.data, metadata: about }, { status: isGone ? 404 : 200 });
}

function write(secrets: Map<string, Secret>, path: string, { question, now }: Asked): Reply {
  const { data } = question.body;
  if (typeof data !== "object" || data === null) return refused(400, "no data provided");
  const secret = secrets.get(path) ?? newSecret();
  secrets.set(path, secret);
  secret.current += 1;
  const createdAt = now();
  const deletedAt = secret.lifeSeconds > 0 ? new Date(createdAt.getTime() + secret.lifeSeconds * 1000) : null;
  const version = { data, createdAt, deletedAt, isDestroyed: false };
  secret.versions.set(secret.current, version);
  prune(secret);
  return answered({ ...aboutVersion(version), version: secret.current, custom_metadata: secret.custom });
}

/** Deletes, undeletes and destroys versions; `DELETE data/…` deletes the last one. */
function change(part: string, secret: Secret, { question, now }: Asked): Reply {
  const named = Array.isArray(question.body.versions) ? question.body.versions.map((each) => numberOf(each)) : [];
  const numbers = part === "data" ? [secret.current] : named;
  for (const number of numbers) {
    const version = secret.versions.get(number);
    if (!version || version.isDestroyed) continue;
    if (part === "undelete") version.deletedAt = null;
    else if (part === "destroy") Object.assign(version, { data: null, isDestroyed: true });
    // A moment ago: Vault counts a version as deleted once its time has passed.
    else version.deletedAt = new Date(now().getTime() - 1);
  }
  return done;
}

function newSecret(): Secret {
  return { versions: new Map(), current: 0, custom: null, maximum: 0, lifeSeconds: 0 };
}

/** Ten are kept, or as many as the metadata says. */
function prune({ versions, current, maximum }: Secret): void {
  for (const number of versions.keys()) if (number <= current - (maximum || 10)) versions.delete(number);
}

function metadataOf({ versions, current, custom, maximum, lifeSeconds }: Secret) {
  const entries = [...versions].map(([number, version]) => [String(number), aboutVersion(version)]);
  return {
    cas_required: false,
    current_version: current,
    custom_metadata: custom,
    delete_version_after: `${lifeSeconds}s`,
    max_versions: maximum,
    oldest_version: Math.min(...versions.keys(), current),
    versions: Object.fromEntries(entries),
  };
}

function aboutVersion({ createdAt, deletedAt, isDestroyed }: Version) {
  return { created_time: timeOf(createdAt), deletion_time: deletedAt ? timeOf(deletedAt) : "", destroyed: isDestroyed };
}

/** With the nanoseconds that Vault writes. */
function timeOf(time: Date): string {
  return time.toISOString().replace("Z", "319214Z");
}
