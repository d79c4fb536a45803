import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["react-server"], externalConditions: ["react-server"] } },
  test: { include: ["lib/**/*.test.ts", "bin/**/*.test.ts", "components/**/*.test.ts"] },
});
