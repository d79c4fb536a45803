import "server-only";
import { AppError } from "#lib/errors.ts";

/**
 * A path as Vault takes it, each part percent-encoded. Refuses what would lead elsewhere or what Vault cannot hold: empty
 * parts, `.` and `..`, control characters, a period at the end.
 */
export function encodedPath(path: string, field: "path" | "mount"): string {
  const isRefused = path.split("/").some((part) => part === "" || part === ".") || path.includes("..");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (isRefused || path.endsWith(".") || /[\u0000-\u001f\u007f]/.test(path) || !path.isWellFormed()) {
    throw new AppError(
      "invalid-input",
      `Write the ${field} as its parts with / between them, such as shop/db. No part is empty, . or .., and it does not end with a period.`,
      { field },
    );
  }
  return path.split("/").map(encodeURIComponent).join("/");
}

/** A path below the mount, as people and as addresses write it. */
export type VaultPath = { plain: string; encoded: string };

export function secretAt(path: string): VaultPath {
  return { plain: path, encoded: encodedPath(path, "path") };
}

/** A folder as Vault lists it: empty for the top, else its path with a slash at the end. */
export function folderAt(folder: string): VaultPath {
  const plain = folder.replace(/\/$/, "");
  return folder === "" ? { plain: "", encoded: "" } : { plain: `${plain}/`, encoded: `${encodedPath(plain, "path")}/` };
}
