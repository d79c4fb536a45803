import { defineConfig } from "@playwright/test";
import { chromiumPath } from "./bin/suite/chromium.ts";

const isRoot = process.getuid?.() === 0;

/** Browser tests against the production build, the sandbox swarm and an embedded Postgres, started once by e2e/global.ts. */
export default defineConfig({
  testDir: "e2e",
  testMatch: "*.test.ts",
  globalSetup: "./e2e/global.ts",
  // How fast Skep is, the bench measures: here a machine may be many times as slow as another.
  timeout: 300_000,
  expect: { timeout: 120_000, toPass: { timeout: 120_000 } },
  workers: 2,
  forbidOnly: true,
  retries: 0,
  reporter: [["list"], ["json"]],
  use: {
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    launchOptions: {
      ...chromiumPath(),
      args: [
        ...(isRoot ? ["--no-sandbox"] : []),
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
      ],
    },
  },
});
