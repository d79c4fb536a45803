import "server-only";
import { textOf } from "../json.ts";

/** What the double answers: a status, JSON (or text as it is), headers. */
export type Reply = { status: number; body?: unknown; headers?: Record<string, string> };

export type Question = {
  method: string;
  /** Below `/v1/`, in its parts decoded. */
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  body: Record<string, unknown>;
};

/** What a question needs in a policy. */
export type Capability = "create" | "read" | "update" | "delete" | "list";

/** Vault's envelope of every answer of an engine. */
export function answered(data: unknown, more: { auth?: unknown; status?: number; leaseSeconds?: number } = {}): Reply {
  const { auth = null, status = 200, leaseSeconds = 0 } = more;
  const envelope = { request_id: "7b7ad5ee", lease_id: "", renewable: false, lease_duration: leaseSeconds };
  return { status, body: { ...envelope, data, wrap_info: null, warnings: null, auth } };
}

export function refused(status: number, ...errors: string[]): Reply {
  return { status, body: { errors } };
}

export const done: Reply = { status: 204 };
export const nothingThere = refused(404);

/** A number as the body of a question holds it; `instead` where there is none. */
export function numberOf(json: unknown, instead = 0): number {
  return Number(textOf(json) ?? instead);
}

/** The names directly below a folder, as Vault lists them: 404 where there is none. */
export function listed(paths: Iterable<string>, folder: string): Reply {
  const start = folder === "" || folder.endsWith("/") ? folder : `${folder}/`;
  const below = [...paths].filter((path) => path.startsWith(start)).map((path) => path.slice(start.length));
  const keys = [...new Set(below.map((path) => path.replace(/\/.*$/s, "/")))].sort();
  return keys.length > 0 ? answered({ keys }) : nothingThere;
}
