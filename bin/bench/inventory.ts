import { connectAs } from "#lib/db/connect.ts";
import type { RunningEngine } from "#lib/ground/engine.ts";
import { sampleImage } from "#lib/ground/sample-image.ts";
import { forgetInventory } from "#lib/inventory/memo.ts";
import { listSecrets } from "#lib/inventory/queries.ts";
import type { Person } from "#lib/policy/schema.ts";
import { closeSwarm } from "#lib/swarm/connect.ts";
import { median, printFigure } from "./figure.ts";
import { benchGround } from "./ground.ts";

const secretCount = 3000;
const serviceCount = 1000;
const tasksPerService = 15;
const rounds = 15;

const reader: Person = {
  type: "person",
  personId: "bench",
  name: "bench",
  email: "bench@example.org",
  role: "administrator",
  sessionId: "bench",
  address: null,
  userAgent: null,
};

/** The data of the secrets page of a large Swarm, against the list calls that it is made of, taken in turns. */
export async function run(): Promise<void> {
  const { engine, ownerUrl } = await benchGround();
  await fillSwarm(engine);
  await fillPostgres(ownerUrl, engine);
  await measure(engine);
}

async function measure(engine: RunningEngine): Promise<void> {
  const lists: number[] = [];
  const warm: number[] = [];
  const cold: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await closeSwarm();
    forgetInventory();
    lists.push(await secondsOf(() => bareLists(engine)));
    cold.push(await secondsOf(requireRows));
    lists.push(await secondsOf(() => bareLists(engine)));
    warm.push(await secondsOf(requireRows));
  }
  const bare = median(lists);
  const against = `list calls of ${secretCount} secrets, ${serviceCount} services, ${serviceCount * tasksPerService} tasks, ${Math.round(bare * 1000)} ms`;
  for (const [figure, times, aim] of [
    ["inventory.warm", warm, 0.5],
    ["inventory.cold", cold, 1.5],
  ] as const) {
    const seconds = median([...times]);
    const ratio = seconds / bare;
    printFigure({ figure, value: seconds * 1000, unit: "ms", ratio, against, aim, isHeld: ratio <= aim });
  }
}

async function requireRows(): Promise<void> {
  const { rows } = await listSecrets(reader);
  if (rows.length !== secretCount) throw new Error(`The page would show ${rows.length} secrets.`);
}

/** What any page made of the Swarm itself would have to ask, at once and parsed. */
async function bareLists({ api }: RunningEngine): Promise<void> {
  await Promise.all(["/secrets", "/services?status=true", "/tasks", "/nodes"].map((path) => api.call("GET", path)));
}

async function fillSwarm(engine: RunningEngine): Promise<void> {
  const data = Buffer.from("only-for-the-bench").toString("base64");
  const ids = await inParallel(secretCount, 8, async (index) => {
    const body = { Name: nameOf(index), Labels: { team: `team-${index % 20}` }, Data: data };
    return (await engine.api.call<{ ID: string }>("POST", "/secrets/create", body)).ID;
  });
  await inParallel(serviceCount, 8, (index) => engine.api.call("POST", "/services/create", specOf(index, ids)));
  const wanted = serviceCount * tasksPerService;
  for (let tasks = 0; tasks < wanted; ) {
    tasks = (await engine.api.call<unknown[]>("GET", "/tasks")).length;
    process.stderr.write(`${tasks} of ${wanted} tasks\n`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

function nameOf(index: number): string {
  return `secret_${String(index).padStart(4, "0")}_x_v1`;
}

/** Three secrets each, tasks that find no node. */
function specOf(index: number, ids: string[]): object {
  const mounts = [0, 1, 2].map((step) => (index * 3 + step) % ids.length);
  return {
    Name: `service_${index}`,
    Labels: { "com.docker.stack.namespace": `stack-${index % 40}` },
    TaskTemplate: {
      ContainerSpec: {
        Image: sampleImage,
        Secrets: mounts.map((secret) => ({
          SecretID: ids[secret],
          SecretName: nameOf(secret),
          File: { Name: `file_${secret}`, UID: "0", GID: "0", Mode: 0o444 },
        })),
      },
      Placement: { Constraints: ["node.labels.nowhere == 1"] },
    },
    Mode: { Replicated: { Replicas: tasksPerService } },
  };
}

/** Two thirds are managed, with a removed version each and their grants as the Swarm has them. */
async function fillPostgres(ownerUrl: string, { api }: RunningEngine): Promise<void> {
  const cluster = await api.call<{ ID: string }>("GET", "/swarm");
  const secrets = await api.call<{ ID: string; Spec: { Name: string } }[]>("GET", "/secrets");
  const services = await api.call<{ ID: string; Spec: { Name: string; TaskTemplate: object } }[]>("GET", "/services");
  const managed = secrets.filter((_, index) => index % 3 !== 0);
  const holders = services.flatMap(({ ID, Spec }) => {
    const { ContainerSpec } = Spec.TaskTemplate as {
      ContainerSpec: { Secrets: { SecretID: string; File: { Name: string } }[] };
    };
    return ContainerSpec.Secrets.map(({ SecretID, File }) => ({
      id: ID,
      name: Spec.Name,
      objectId: SecretID,
      target: File.Name,
    }));
  });
  const rows = JSON.stringify(managed.map(({ ID, Spec }) => ({ id: ID, name: Spec.Name.slice(0, -3) })));
  await connectAs(ownerUrl, async (client) => {
    const insert = (sql: string, json: string) => client.query(sql, [cluster.ID, json]);
    await insert(
      `INSERT INTO "Secret" ("id", "clusterId", "name", "owner", "tags")
      SELECT 's-' || r.id, $1, r.name, 'team', ARRAY['bench'] FROM json_to_recordset($2) AS r(id text, name text)`,
      rows,
    );
    await insert(
      `INSERT INTO "Version" ("id", "clusterId", "secretId", "number", "objectId", "objectName", "state")
      SELECT v.state || r.id, $1, 's-' || r.id, v.number, CASE v.number WHEN 1 THEN r.id END, r.name || '_v' || v.number, v.state
      FROM json_to_recordset($2) AS r(id text, name text), (VALUES (0, 'removed'), (1, 'current')) v(number, state)`,
      rows,
    );
    await insert(
      `INSERT INTO "Grant" ("id", "clusterId", "secretId", "serviceId", "serviceName", "target", "path", "uid", "gid", "mode", "objectId")
      SELECT h.id || h.target, $1, s."id", h.id, h.name, h.target, '/run/secrets/' || h.target, '0', '0', 292, h."objectId"
      FROM json_to_recordset($2) AS h(id text, name text, "objectId" text, target text)
      JOIN "Secret" s ON s."id" = 's-' || h."objectId"`,
      JSON.stringify(holders),
    );
    await client.query("ANALYZE");
  });
}

async function inParallel<T>(count: number, workers: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next++;
      results[index] = await work(index);
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  return results;
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
