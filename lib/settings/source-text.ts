import "server-only";
import { kindNames, type SourceSettings } from "#lib/sources/schema.ts";

/** Where a source is and how Skep signs in, in one line, for the history and the list. */
export function sourceText(settings: SourceSettings): string {
  switch (settings.kind) {
    case "vault": {
      const { address, namespace, mount, login } = settings;
      return `${kindNames.vault} at ${address}, mount ${mount}${namespace ? ` of ${namespace}` : ""}, by ${login.method}`;
    }
    case "aws": {
      const { region, endpoint, login, role } = settings;
      const by = login.method === "machine" ? "the machine's identity" : "keys in a file";
      return `${kindNames.aws} in ${region}${endpoint ? ` at ${endpoint}` : ""}, by ${by}${role ? ` as ${role.arn}` : ""}`;
    }
    case "http":
      return `${kindNames.http} at ${settings.address}`;
  }
}
