import "server-only";
import { AppError } from "#lib/errors.ts";
import type { SourceSurroundings } from "./contract.ts";
import { SourceFailure } from "./failure.ts";
import type { SettingsOf } from "./schema.ts";

type Settings = SettingsOf<"http">;
export type VersionFrom = NonNullable<Settings["versionFrom"]>;

/**
 * The address with a path behind it, written as an address is: with a query after a ?, and signs that were already
 * percent-encoded staying so. The path cannot leave what the settings name.
 */
export function addressOf(address: string, path: string): URL {
  const text = path.replace(/^\//, "");
  if (text === "" || !text.isWellFormed() || /[\p{Cc}\\#]/u.test(text) || climbs(text)) {
    const sentence =
      "Write the path as it follows the address, such as shop/database, without # and \\, and without parts . or ..";
    throw new AppError("invalid-input", `${sentence}.`, { field: "path" });
  }
  return new URL(`${address.replace(/\/+$/, "")}/${text.replace(/%(?![0-9a-f]{2})/gi, "%25").replaceAll(" ", "%20")}`);
}

/** As the URL's own reader sees it, and a server that decodes it first. */
function climbs(text: string): boolean {
  const [path = ""] = text.split("?");
  const read = path.replace(/%2e/gi, ".").replace(/%2f|%5c/gi, "/");
  return read.split("/").some((part) => part === "." || part === "..");
}

/** Those that the settings name, each with the text of its credential, and no cache in between that answers instead. */
export async function headersFor(
  settings: Settings,
  { name, credential: read }: SourceSurroundings,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = { accept: "*/*", "cache-control": "no-cache", "user-agent": "Skep" };
  for (const { name: header, credential, prefix } of settings.headers) {
    const text = credential === null ? "" : await read(credential);
    if (!/^[\t\x20-\x7e]*$/.test(text)) {
      const sentence = `The credential ${credential} of ${name} holds a line ending or another sign that no header carries. Correct its file.`;
      throw new SourceFailure("sign-in", name, { sentence });
    }
    headers[header.toLowerCase()] = `${prefix}${text}`;
  }
  return headers;
}

/** Asks for a body only where it has changed: with an ETag, if the id is one. */
export function conditionFor(versionFrom: VersionFrom, since: string | null): Record<string, string> {
  const isTag = since !== null && /^(W\/)?"[\x21\x23-\x7e]*"$/.test(since);
  return isETag(versionFrom) && isTag ? { "if-none-match": since } : {};
}

/** Ids are compared as they are; of an ETag, weak and strong are the same (RFC 9110, 8.8.3.2): a proxy may make one of the other. */
export function isSameVersion(versionFrom: VersionFrom, one: string, other: string): boolean {
  return isETag(versionFrom) ? bareTag(one) === bareTag(other) : one === other;
}

/** Without what calls it weak. */
export function bareTag(tag: string): string {
  return tag.replace(/^W\//, "");
}

export function isETag(versionFrom: VersionFrom): boolean {
  return versionFrom.in === "header" && versionFrom.name.toLowerCase() === "etag";
}
