import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";

test("Next still reads the private name under which it is told where to ask itself", () => {
  const handler = createRequire(import.meta.url).resolve("next/dist/server/app-render/action-handler.js");
  expect(readFileSync(handler, "utf8")).toContain("process.env.__NEXT_PRIVATE_ORIGIN");
  expect(readFileSync(new URL("pages.ts", import.meta.url), "utf8")).toContain("process.env.__NEXT_PRIVATE_ORIGIN =");
});
