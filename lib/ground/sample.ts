import "server-only";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { type EngineApi, EngineRefusal } from "./engine-api.ts";
import { importSampleImage } from "./sample-image.ts";
import { makeOnce } from "./sample-mark.ts";
import { deployBadly } from "./sample-paused.ts";
import { sampleServiceSpec } from "./sample-spec.ts";
import { type SampleSecret, sampleSecrets, sampleServices } from "./sample-stacks.ts";

/** Makes the stacks shop and monitoring in a Swarm of Skep's own, once. */
export async function createSample(api: EngineApi): Promise<void> {
  await makeOnce(api, "io.skep.sample", async () => {
    await importSampleImage(api);
    const secretIds = await createSecrets(api);
    for (const service of sampleServices) {
      await ignoreTaken(api.call("POST", "/services/create", sampleServiceSpec(service, secretIds)));
    }
    await deployBadly(api);
  });
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

async function ignoreTaken(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof EngineRefusal && error.statusCode === 409)) throw error;
  }
}
