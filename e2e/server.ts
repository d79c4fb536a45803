import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";

export type RunningSkep = {
  url: string;
  folder: string;
  administrator: { email: string; password: string };
  process: ChildProcess;
  /** Everything it wrote to its standard streams so far. */
  output(): string;
  stop(): Promise<number | null>;
};

const root = fileURLToPath(new URL("..", import.meta.url));

/** Starts the production server the way `npm start` does, on a free port, with data of its own. Ends with the test, whatever happens. */
export async function startSkep(
  options: { args?: string[]; env?: Record<string, string>; folder?: string } = {},
): Promise<RunningSkep> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "skep-e2e-")));
  const administrator = { email: "ada@example.org", password: `keeper-${randomBytes(9).toString("base64url")}` };
  const passwordFile = join(folder, "administrator-password");
  if (!options.folder) await writeFile(passwordFile, administrator.password, { mode: 0o600 });

  const child = spawn(
    join(root, "node_modules/.bin/node"),
    ["--conditions=react-server", "bin/server.ts", "--port", "0", "--yes", ...(options.args ?? ["--sandbox"])],
    {
      cwd: root,
      env: {
        ...process.env,
        SKEP_DATA_DIR: join(folder, "data"),
        SKEP_CREDENTIAL_DIR: join(folder, "credentials"),
        SKEP_ADMIN_EMAIL: administrator.email,
        SKEP_ADMIN_PASSWORD_FILE: passwordFile,
        NODE_ENV: "production",
        ...options.env,
      },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    },
  );
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));

  const url = await new Promise<string>((resolve, reject) => {
    const cutOff = setTimeout(() => reject(new Error(`Skep did not start in time:\n${text}`)), 180_000);
    child.stdout.on("data", () => {
      const found = /https?:\/\/[\w.[\]:-]+:\d+/.exec(text);
      if (!found) return;
      clearTimeout(cutOff);
      resolve(found[0]);
    });
    child.once("exit", (code) => reject(new Error(`Skep ended with ${code}:\n${text}`)));
  });

  return {
    url,
    folder,
    administrator,
    process: child,
    output: () => text,
    async stop() {
      child.kill("SIGTERM");
      const code = await exited;
      if (!options.folder) await rm(folder, { recursive: true, force: true });
      return code;
    },
  };
}

export async function signIn(page: Page, person: { email: string; password: string }): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((address) => !address.pathname.startsWith("/sign-in"));
}
