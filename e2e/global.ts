import { mkdir } from "node:fs/promises";
import { chromium, type FullConfig } from "@playwright/test";
import { signIn, startSkep } from "./server.ts";

/** One Skep for all browser tests that do not need to break it. Its administrator's session is kept for `fixtures.ts`. */
export default async function start(config: FullConfig): Promise<() => Promise<void>> {
  const skep = await startSkep();
  try {
    process.env.SKEP_E2E_URL = skep.url;
    process.env.SKEP_E2E_EMAIL = skep.administrator.email;
    process.env.SKEP_E2E_PASSWORD = skep.administrator.password;
    process.env.SKEP_E2E_SESSION = `${skep.folder}/session.json`;
    await mkdir(skep.folder, { recursive: true });
    await keepSession(config, skep.url, skep.administrator, process.env.SKEP_E2E_SESSION);
  } catch (error) {
    await skep.stop();
    throw error;
  }
  return async () => {
    const code = await skep.stop();
    if (code !== 0) throw new Error(`Skep ended with ${code}:\n${skep.output()}`);
  };
}

async function keepSession(
  config: FullConfig,
  url: string,
  person: { email: string; password: string },
  file: string,
): Promise<void> {
  const browser = await chromium.launch(config.projects[0]?.use.launchOptions);
  try {
    const page = await browser.newPage({ baseURL: url });
    await signIn(page, person);
    await page.context().storageState({ path: file });
  } finally {
    await browser.close();
  }
}
