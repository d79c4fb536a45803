import { describe, expect, it } from "vitest";
import { type ChromiumFacts, chooseChromium, distributionOf } from "./chromium-choice.ts";

const own = "/root/.cache/ms-playwright/chromium-1/chrome-linux/chrome";
const elf = "\x7fELF";
const debianLauncher = "#!/bin/sh\n# Chromium launcher\nLIBDIR=/usr/lib/chromium\n";
const ubuntuStub = "#!/bin/sh\nif ! [ -x /snap/bin/chromium ]; then\n  echo requires the chromium snap\nfi\n";

/** A machine with these files: how each begins, and where it really is if it is a link. */
function machine(files: Record<string, string | { beginning: string; realPath: string }>, rest = {}): ChromiumFacts {
  const look = (path: string) => {
    const file = files[path];
    return typeof file === "string" ? { beginning: file, realPath: path } : (file ?? null);
  };
  return { own, look, distribution: "debian", canUseApt: true, ...rest };
}

describe("the browser of the tests", () => {
  it.each<[string, ChromiumFacts, string]>([
    [
      "the distribution's before Playwright's own",
      machine({ [own]: elf, "/usr/bin/chromium": debianLauncher }),
      "/usr/bin/chromium",
    ],
    ["Debian's, whose launcher is a script too", machine({ "/usr/bin/chromium": debianLauncher }), "/usr/bin/chromium"],
    ["one under the other name", machine({ "/usr/bin/chromium-browser": elf }), "/usr/bin/chromium-browser"],
    [
      "the real one of the two",
      machine({ "/usr/bin/chromium": ubuntuStub, "/usr/bin/chromium-browser": elf }),
      "/usr/bin/chromium-browser",
    ],
    [
      "the distribution's where Playwright has none for this system",
      machine({ "/usr/bin/chromium": elf }, { own: null }),
      "/usr/bin/chromium",
    ],
  ])("is %s", (_which, facts, use) => {
    expect(chooseChromium(facts)).toEqual({ use, install: [] });
  });

  it.each<[string, ChromiumFacts, string[]]>([
    ["by apt on Debian, else by Playwright", machine({}), ["apt", "playwright"]],
    ["by Playwright on Ubuntu, whose package is a stub", machine({}, { distribution: "ubuntu" }), ["playwright"]],
    [
      "by Playwright where that stub is there already",
      machine({ "/usr/bin/chromium-browser": ubuntuStub }, { distribution: "ubuntu" }),
      ["playwright"],
    ],
    [
      "by Playwright where it is a link to the snap",
      machine({ "/usr/bin/chromium": { beginning: elf, realPath: "/usr/bin/snap" } }, { distribution: "ubuntu" }),
      ["playwright"],
    ],
    ["by Playwright where apt cannot be used", machine({}, { canUseApt: false }), ["playwright"]],
  ])("is installed %s", (_how, facts, install) => {
    expect(chooseChromium(facts)).toEqual({ use: null, install });
  });
});

it.each([
  ['PRETTY_NAME="Ubuntu 24.04 LTS"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n', "ubuntu"],
  ['NAME="Fedora Linux"\nID="fedora"\n', "fedora"],
  ["", ""],
])("the distribution is read from os-release: %j is %j", (text, distribution) => {
  expect(distributionOf(text)).toBe(distribution);
});
