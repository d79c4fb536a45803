import "server-only";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { AppError } from "#lib/errors.ts";
import { type EngineApi, EngineRefusal } from "./engine-api.ts";
import { waitUntil } from "./process.ts";
import { importSampleImage } from "./sample-image.ts";
import { sampleServiceSpec } from "./sample-spec.ts";
import { type SampleSecret, type SampleService, sampleSecrets, sampleServices } from "./sample-stacks.ts";

const marker = "io.skep.sample";

type Cluster = { Version: { Index: number }; Spec: { Labels: Record<string, string> | null } };
type Service = { ID: string; Version: { Index: number }; UpdateStatus?: { State?: string } };
type Task = { ServiceID: string; Status: { State: string } };

/**
 * Makes the sample stacks in a Swarm of Skep's own, once: what is half made is completed at the next call,
 * and what a person removed from a finished sample stays removed.
 */
export async function createSample(api: EngineApi): Promise<void> {
  const cluster = await api.call<Cluster>("GET", "/swarm");
  if (cluster.Spec.Labels?.[marker]) return;
  await importSampleImage(api);
  const secretIds = await createSecrets(api);
  for (const service of sampleServices) {
    await ignoreTaken(api.call("POST", "/services/create", sampleServiceSpec(service, secretIds)));
  }
  for (const service of sampleServices) {
    if (service.badScript) await deployBadly(api, service, service.badScript, secretIds);
  }
  await finish(api);
}

/** A value goes in the body of the one call that creates its secret; nothing else ever sees it. */
async function createSecrets(api: EngineApi): Promise<Map<string, string>> {
  for (const secret of sampleSecrets) {
    const Data = Buffer.from(sampleValue(secret.content)).toString("base64");
    const Labels = { "com.docker.stack.namespace": secret.stack };
    await ignoreTaken(api.call("POST", "/secrets/create", { Name: secret.name, Labels, Data }));
  }
  const found = await api.call<{ ID: string; Spec: { Name: string } }[]>("GET", "/secrets");
  return new Map(found.map(({ ID, Spec }) => [Spec.Name, ID]));
}

function sampleValue(content: SampleSecret["content"]): string {
  switch (content) {
    case "password":
      return randomBytes(15).toString("base64url");
    case "token":
      return randomBytes(32).toString("hex");
    case "payment":
      return `pay_live_${randomBytes(18).toString("base64url")}`;
    case "key":
      return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  }
}

/** Waits for all the good tasks, then deploys the bad script over them; Swarm pauses the update by itself. */
async function deployBadly(
  api: EngineApi,
  service: SampleService,
  script: string,
  secretIds: Map<string, string>,
): Promise<void> {
  const before = await api.call<Service>("GET", `/services/${service.name}`);
  if (before.UpdateStatus?.State) return;
  const wanted = typeof service.mode === "object" ? service.mode.replicas : 1;
  const isGood = await waitUntil(async () => (await runningTasks(api, service.name)) >= wanted, 60, 100);
  if (!isGood) throw new AppError("unexpected", `The sample service ${service.name} did not start. See engine.log.`);
  const { ID, Version } = await api.call<Service>("GET", `/services/${service.name}`);
  const spec = sampleServiceSpec({ ...service, script }, secretIds);
  await api.call("POST", `/services/${ID}/update?version=${Version.Index}`, spec);
}

async function runningTasks(api: EngineApi, serviceName: string): Promise<number> {
  const filters = encodeURIComponent(JSON.stringify({ service: [serviceName], "desired-state": ["running"] }));
  const tasks = await api.call<Task[]>("GET", `/tasks?filters=${filters}`);
  return tasks.filter((task) => task.Status.State === "running").length;
}

async function finish(api: EngineApi): Promise<void> {
  const cluster = await api.call<Cluster>("GET", "/swarm");
  const spec = { ...cluster.Spec, Labels: { ...cluster.Spec.Labels, [marker]: "complete" } };
  await api.call("POST", `/swarm/update?version=${cluster.Version.Index}`, spec);
}

async function ignoreTaken(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof EngineRefusal && error.statusCode === 409)) throw error;
  }
}
