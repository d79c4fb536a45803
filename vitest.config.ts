import { defineConfig } from "vitest/config";

/** What Next itself puts in place of its navigation on the server, where React has no contexts. */
const alias = { "next/navigation": "next/dist/client/components/navigation.react-server.js" };
/** Next's marker throws outside Next; under this condition it does nothing. */
const ssr = { resolve: { conditions: ["react-server"], externalConditions: ["react-server"] } };
const folders = ["lib", "bin", "components"];
/** How long what happens by itself is looked for: on a machine that others use as well, a moment is a minute. */
const expect = { poll: { timeout: 60_000 } };

/**
 * `*.real.test.ts` need a real Postgres or a real Swarm, `*.servers.test.ts` servers that the environment names;
 * everything else is pure and quick.
 */
export default defineConfig({
  test: {
    projects: [
      {
        ssr,
        resolve: { alias },
        test: {
          name: "unit",
          expect,
          include: folders.map((folder) => `${folder}/**/*.test.{ts,tsx}`),
          exclude: ["**/*.{real,servers}.test.ts", "**/node_modules/**"],
          // Beside a build and the real tests on two cores, what takes a second alone may take ten.
          testTimeout: 90_000,
          hookTimeout: 90_000,
          // A worker for each file costs more than the tests do. They keep nothing between them: `--sequence.shuffle` passes.
          isolate: false,
          // Thousands of histories fail steps on purpose; tests of the log bring one of their own.
          env: { SKEP_LOG_LEVEL: "fatal" },
        },
      },
      {
        ssr,
        resolve: { alias },
        test: {
          name: "servers",
          expect,
          include: folders.map((folder) => `${folder}/**/*.servers.test.ts`),
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        ssr,
        resolve: { alias },
        test: {
          name: "real",
          expect,
          include: folders.map((folder) => `${folder}/**/*.real.test.ts`),
          globalSetup: ["./vitest.global.ts"],
          // A machine may be many times as slow as another.
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
