import type { RunningEngine } from "#lib/ground/engine.ts";
import { sampleImage } from "#lib/ground/sample-image.ts";

export type Mount = { id: string; name: string; target: string };
export type Service = {
  name: string;
  command?: string[];
  env?: string[];
  args?: string[];
  labels?: Record<string, string>;
  mounts?: Mount[];
};

const second = 1_000_000_000;

export async function addService(engine: Pick<RunningEngine, "api">, service: Service): Promise<string> {
  const { name, command = ["/bin/serve"], args = [], env = [], labels = {}, mounts = [] } = service;
  const spec = {
    Name: name,
    Labels: labels,
    Mode: { Replicated: { Replicas: 1 } },
    UpdateConfig: { Parallelism: 1, Monitor: second, FailureAction: "pause" },
    TaskTemplate: {
      ContainerSpec: {
        Image: sampleImage,
        Command: command,
        Args: args,
        Env: env,
        Labels: labels,
        StopGracePeriod: second,
        Secrets: mounts.map((mount) => ({
          SecretID: mount.id,
          SecretName: mount.name,
          File: { Name: mount.target, UID: "0", GID: "0", Mode: 0o444 },
        })),
      },
      // One that fails for ever takes the processor away from the others.
      RestartPolicy: { Condition: "any", Delay: 5 * second },
    },
  };
  return (await engine.api.call<{ ID: string }>("POST", "/services/create", spec)).ID;
}

export async function addSecret(
  engine: Pick<RunningEngine, "api">,
  name: string,
  value: string,
  labels: Record<string, string> = {},
): Promise<Mount> {
  const Data = Buffer.from(value).toString("base64");
  const secret = await engine.api.call<{ ID: string }>("POST", "/secrets/create", { Name: name, Labels: labels, Data });
  return { id: secret.ID, name, target: name.replace(/_v\d+$/, "") };
}

/** The object of this name, to be mounted under the secret's name. */
export async function mountOf(engine: RunningEngine, name: string): Promise<Mount> {
  const filters = encodeURIComponent(JSON.stringify({ name: [name] }));
  const found = await engine.api.call<{ ID: string; Spec: { Name: string } }[]>("GET", `/secrets?filters=${filters}`);
  const object = found.find(({ Spec }) => Spec.Name === name);
  if (!object) throw new Error(`The Swarm has no ${name}.`);
  return { id: object.ID, name, target: name.replace(/_v\d+$/, "") };
}
