import { samplePerson } from "#lib/auth/sample.ts";
import { database } from "#lib/db/client.ts";
import { importSampleImage } from "#lib/ground/sample-image.ts";
import { startJobs } from "#lib/jobs/start.ts";
import { atEnd } from "./cleanup.ts";
import { benchGround } from "./ground.ts";
import { asleep } from "./rotation/asleep.ts";
import { group } from "./rotation/group.ts";
import { page } from "./rotation/page.ts";
import { together } from "./rotation/together.ts";

/** How long rotations take, alone and in groups, and what they cost those who look at a page meanwhile. */
export async function run(): Promise<void> {
  const { engine, ownerUrl } = await benchGround();
  await importSampleImage(engine.api);
  const jobs = await startJobs({ say: () => undefined });
  let stopped: Promise<void> | undefined;
  const stopJobs = () => {
    stopped ??= jobs.stop();
    return stopped;
  };
  atEnd(stopJobs);
  const stage = { engine, ownerUrl, actor: await samplePerson(database(), { role: "operator" }) };
  await together(stage);
  await group(stage);
  await asleep(stage);
  // What is read is a page of another process, which then carries the rotation.
  await stopJobs();
  await page(stage);
}
