/** What the choice depends on. */
export type ChromiumFacts = {
  /** Where Playwright keeps its own, whether it is there or not; null on a system that it has none for. */
  own: string | null;
  /** How a file begins, and where it really is; null where there is none. */
  look(path: string): { realPath: string; beginning: string } | null;
  /** As os-release calls it. */
  distribution: string;
  canUseApt: boolean;
};

export type ChromiumWay = "apt" | "playwright";

const packaged = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];

/** The browser to look at pages with, or the ways to get one, the better one first. */
export function chooseChromium({ own, look, distribution, canUseApt }: ChromiumFacts): {
  use: string | null;
  install: ChromiumWay[];
} {
  // The distribution's comes with all that it needs of the system; Playwright's may have been fetched without.
  const use = packaged.find((path) => isReal(look(path))) ?? (own !== null && look(own) ? own : null);
  if (use !== null) return { use, install: [] };
  return { use, install: canUseApt && distribution !== "ubuntu" ? ["apt", "playwright"] : ["playwright"] };
}

export function distributionOf(osRelease: string): string {
  return /^ID="?([\w.-]+)"?$/m.exec(osRelease)?.[1] ?? "";
}

/** Ubuntu's package is a script that calls a snap, which does not run where there is no snapd: in containers, say. */
function isReal(found: ReturnType<ChromiumFacts["look"]>): boolean {
  if (found === null || /\bsnap\b/.test(found.realPath)) return false;
  return !(found.beginning.startsWith("#!") && /\bsnap\b/.test(found.beginning));
}
