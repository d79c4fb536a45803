import "server-only";
import { sampleImage } from "./sample-image.ts";
import type { SampleMount, SampleService } from "./sample-stacks.ts";

const second = 1_000_000_000;

/** A sample service in Docker's own shape, as `docker stack deploy` would send it. */
export function sampleServiceSpec(service: SampleService, secretIds: Map<string, string>): object {
  return {
    Name: service.name,
    Labels: { "com.docker.stack.image": sampleImage, "com.docker.stack.namespace": service.stack },
    TaskTemplate: {
      ContainerSpec: {
        Image: sampleImage,
        Labels: { "com.docker.stack.namespace": service.stack },
        Command: ["/bin/sh", "-c"],
        Args: [scriptOf(service, service.script)],
        Env: service.environment ?? [],
        ...(service.user ? { User: service.user } : {}),
        ...(service.hasHealthCheck ? { Healthcheck: healthCheck(service) } : {}),
        StopGracePeriod: 3 * second,
        Secrets: service.mounts.map((mount) => reference(mount, secretIds)),
      },
      RestartPolicy: {
        Condition: service.restart ?? "any",
        Delay: (service.restartDelaySeconds ?? 5) * second,
        MaxAttempts: 0,
      },
      Placement: {},
      Resources: {},
    },
    Mode: modeOf(service.mode),
    ...(service.mode === "job" ? {} : { UpdateConfig: updateConfig(service) }),
  };
}

/** What a sample service runs first, and then what each of them does. */
export function scriptOf(service: SampleService, script = ":"): string {
  return `${script}\nexec /bin/serve ${pathsOf(service).join(" ")}`;
}

function pathsOf({ mounts }: SampleService): string[] {
  return mounts.map(({ target }) => (target.startsWith("/") ? target : `/run/secrets/${target}`));
}

function reference(mount: SampleMount, secretIds: Map<string, string>): object {
  return {
    SecretID: secretIds.get(mount.secret),
    SecretName: mount.secret,
    File: { Name: mount.target, UID: mount.uid ?? "0", GID: mount.gid ?? "0", Mode: mount.mode ?? 0o444 },
  };
}

function healthCheck(service: SampleService): object {
  const test = ["CMD", "/bin/test", "-r", pathsOf(service)[0] ?? "/"];
  return { Test: test, Interval: 5 * second, Timeout: 3 * second, Retries: 3 };
}

function modeOf(mode: SampleService["mode"]): object {
  if (mode === "global") return { Global: {} };
  if (mode === "job") return { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } };
  return { Replicated: { Replicas: mode.replicas } };
}

function updateConfig({ failureAction, order, updateDelaySeconds }: SampleService): object {
  return {
    Parallelism: 1,
    Delay: (updateDelaySeconds ?? 0) * second,
    Monitor: 5 * second,
    FailureAction: failureAction ?? "pause",
    MaxFailureRatio: 0,
    Order: order ?? "stop-first",
  };
}
