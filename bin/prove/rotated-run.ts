import { setTimeout as pause } from "node:timers/promises";
import { Asker } from "./asker.ts";
import { standBetween } from "./between.ts";
import type { Fault, Life } from "./life.ts";
import { type End, type Play, playOut } from "./play-out.ts";
import { type Mode, RotatedScene } from "./rotated-scene.ts";
import type { RunGround } from "./run.ts";
import { Scene } from "./scene.ts";
import { leakedValues } from "./values.ts";
import { historyOf } from "./violations.ts";

export type RotatedResult = Omit<End, "resumeSeconds"> & {
  resumeSeconds: number | null;
  signedIn: number;
  failedSignIns: number;
  /** For how long sign-ins failed, from the first to the last; 0 where none did. */
  gapSeconds: number;
};

const mostResumeSeconds = 30;
/** After this a task that was started has signed in. */
const signInSeconds = 20;

type VersionRow = { id: string; objectId: string | null; objectName: string; state: string; login: string | null };

/** One rotation of a password under a service that signs in all the time, with one fault. */
export async function runRotated(
  ground: RunGround & { orders: ConstructorParameters<typeof RotatedScene>[1]["orders"]; asRotator: string },
  { mode, fault }: { mode: Mode; fault: Fault },
): Promise<RotatedResult> {
  const scene = new Scene(ground.stage, ground.databaseUrl);
  const rotated = new RotatedScene(scene, { ...ground, mode });
  const asker = new Asker(ground.ownerUrl);
  const between = await standBetween({ ...ground, asker });
  const lives: Life[] = [];
  try {
    await scene.addAdministrator();
    const beginning = await rotated.begin();
    const live: Play["live"] = ({ isFirst, ...fate }) => {
      const { databaseUrl, host, help } = between;
      const first = { beginning: isFirst ? beginning : null, isPlanted: false };
      const life = ground.lives.start({ databaseUrl, host, ...fate, ...first, rotator: rotated.rotator }, help);
      lives.push(life);
      return life;
    };
    const end = await playOut({
      scenario: { name: mode, ending: "done", begin: async () => beginning },
      fault,
      live,
      asker,
      between,
    });
    ground.lives.requireTime();
    await Promise.all(lives.map((life) => life.kill()));
    const broken = end.isStranded ? [] : await violationsIn(rotated, asker);
    const values = { typed: [], requests: between.requests(), lives, asker };
    const leaked = await leakedValues(values);
    const slow = end.resumeSeconds.filter((seconds) => seconds > mostResumeSeconds);
    const { signedIn, failed, failures } = rotated.signIns();
    const violations = [
      ...end.violations,
      ...broken,
      ...leaked,
      ...slow.map((seconds) => `R10: resumed after ${seconds} s`),
      ...(mode === "two logins" && failed > 0 ? [`${failed} sign-ins failed: ${failures.slice(0, 3).join("; ")}`] : []),
    ];
    const resumeSeconds = end.resumeSeconds.length > 0 ? Math.max(...end.resumeSeconds) : null;
    return { ...end, violations, resumeSeconds, signedIn, failedSignIns: failed, gapSeconds: gapOf(failures) };
  } finally {
    await Promise.all(lives.map((life) => life.kill()));
    await between.stop();
    await asker.end();
    await rotated.clearAway();
    await scene.database.$disconnect();
  }
}

/** What the run left behind: one current version that the service runs and signs in with, and every object known. */
async function violationsIn(rotated: RotatedScene, asker: Asker): Promise<string[]> {
  const { scene } = rotated;
  const [operation] = await asker.rows<{ state: string; outcome: string | null; because: string | null }>(
    `SELECT state, outcome, attention->>'because' AS because FROM "Operation" WHERE kind <> 'adopt'`,
  );
  if (!operation) return stillSignsIn(rotated);
  const found = await historyOf({ asker, scenario: { ending: "done" } });
  if (operation.outcome !== "done") {
    found.push(`R8: it ended as ${operation.outcome ?? operation.state}: ${operation.because}`);
  }
  const rows = await asker.rows<VersionRow>(`SELECT id, "objectId", "objectName", state, login FROM "Version"`);
  const objects = (await scene.stage.gateway.listSecrets()).filter(({ name }) => name.startsWith(`s${scene.tag}-`));
  const known = new Set(rows.map(({ objectId }) => objectId));
  found.push(...objects.filter(({ id }) => !known.has(id)).map(({ name }) => `R13: nobody knows ${name}`));
  const current = rows.filter(({ state }) => state === "current");
  if (current.length !== 1) found.push(`R2: ${current.length} current versions`);
  found.push(
    ...rows.filter(({ state }) => state === "pending").map(({ objectName }) => `R6: ${objectName} is pending`),
  );
  for (const { id, name } of scene.services) {
    const references = (await scene.stage.gateway.findService(id))?.references ?? [];
    const names = references.map(({ objectId }) => objectId);
    if (names.join() !== current.map(({ objectId }) => objectId).join()) found.push(`R8: ${name} has another version`);
  }
  return [...found, ...(await stillSignsIn(rotated))];
}

/** Every task that runs now signs in, with what it has. */
async function stillSignsIn(rotated: RotatedScene): Promise<string[]> {
  const before = rotated.signIns();
  const until = Date.now() + signInSeconds * 1000;
  while (Date.now() < until) {
    await pause(500);
    const now = rotated.signIns();
    // Two tasks, several times a second each.
    if (now.signedIn >= before.signedIn + 8) return now.failed > before.failed ? ["a task cannot sign in"] : [];
  }
  return ["nothing signs in any more"];
}

function gapOf(failures: readonly string[]): number {
  const times = failures.map((line) => Date.parse(line.split(" ")[0] ?? "")).filter((time) => !Number.isNaN(time));
  return times.length === 0 ? 0 : (Math.max(...times) - Math.min(...times)) / 1000;
}
