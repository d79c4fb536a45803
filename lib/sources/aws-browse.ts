import "server-only";
import { ListSecretsCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { AppError } from "#lib/errors.ts";
import { isAwsName, prefixOf } from "./aws-path.ts";
import type { SourceListing } from "./schema.ts";

/** A folder of thousands is one name: a call reads on until it has enough, but not for ever. */
const enoughNames = 100;
const requestsPerCall = 5;

/**
 * AWS knows no folders: it lists names by their beginning, and what comes before the next slash is shown once. Sorted
 * by name, a folder's secrets come together; the one that a page ended in is told to the next. A page may be empty.
 */
export async function browse(secrets: SecretsManagerClient, folder: string, page?: string): Promise<SourceListing> {
  const prefix = prefixOf(folder);
  const { token, shown } = page === undefined ? {} : parsePage(page);
  const names = new Set<string>();
  let next = token;
  let last = shown;
  for (let asked = 0; asked < requestsPerCall && (asked === 0 || (next && names.size < enoughNames)); asked++) {
    const answer = await secrets.send(listing(prefix, next));
    for (const { Name: name, DeletedDate: deleted } of answer.SecretList ?? []) {
      const isShown = name && !deleted && isAwsName(name) && name.startsWith(prefix);
      const below = isShown ? firstOf(name.slice(prefix.length)) : "";
      if (below.endsWith("/")) last = below;
      if (below && below !== shown) names.add(below);
    }
    next = answer.NextToken;
  }
  return { names: [...names].sort(), next: next ? `${last ?? ""}:${next}` : null };
}

function listing(prefix: string, token: string | undefined): ListSecretsCommand {
  return new ListSecretsCommand({
    MaxResults: 100,
    SortBy: "name",
    SortOrder: "asc",
    IncludePlannedDeletion: false,
    ...(prefix ? { Filters: [{ Key: "name", Values: [prefix] }] } : {}),
    ...(token ? { NextToken: token } : {}),
  });
}

/** Up to its first slash, which makes it a folder. */
function firstOf(rest: string): string {
  const slash = rest.indexOf("/");
  return slash < 0 ? rest : rest.slice(0, slash + 1);
}

/** The folder that was shown last, a colon, which no name holds, and AWS's own token. */
function parsePage(page: string): { token: string; shown: string } {
  const [, shown = "", token] = /^([^:]*):([\x21-\x7e]+)$/.exec(page) ?? [];
  if (!token)
    throw new AppError("invalid-input", "There is no such page. Begin with the first one.", { field: "page" });
  return { token, shown };
}
