import { closeSync, openSync, readFileSync, readSync, realpathSync } from "node:fs";
import { chromium } from "@playwright/test";
import { type ChromiumFacts, chooseChromium, distributionOf } from "./chromium-choice.ts";

/** For whoever launches it; nothing where there is none, so that Playwright says what it misses. */
export function chromiumPath(): { executablePath?: string } {
  const { use } = chooseChromium(factsOf(false));
  return use === null ? {} : { executablePath: use };
}

/** As they are on this machine. */
export function factsOf(canUseApt: boolean): ChromiumFacts {
  return { own: ownPath(), look, distribution: distributionOf(textOf("/etc/os-release")), canUseApt };
}

function ownPath(): string | null {
  try {
    return chromium.executablePath();
  } catch {
    return null;
  }
}

function look(path: string): { realPath: string; beginning: string } | null {
  try {
    const file = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(65_536);
      return { realPath: realpathSync(path), beginning: bytes.toString("latin1", 0, readSync(file, bytes)) };
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
