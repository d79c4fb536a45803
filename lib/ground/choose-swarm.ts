import "server-only";
import { existsSync } from "node:fs";
import type { DockerEndpoint, Environment } from "#lib/env.ts";
import { AppError, isAppError } from "#lib/errors.ts";
import { namedEndpoints, nameOfEndpoint } from "#lib/swarm/address.ts";

export type SwarmChoice =
  | { use: "own"; docker: DockerEndpoint; otherManagers: DockerEndpoint[] }
  | { use: "sandbox"; reason: string };

/** Fails with the reason why there is no Swarm manager at this end. */
export type ManagerProbe = (docker: DockerEndpoint) => Promise<void>;

const defaultSocket = "/var/run/docker.sock";

/**
 * Which Swarm this console is for. One that the operator named is used or refused, never passed over: by the first of
 * its managers that answers as one. The engine of this machine is asked where DOCKER_HOST names none, before the
 * others of SKEP_DOCKER_HOSTS; where nothing is named, it is used if it manages a Swarm, else there is the sandbox.
 */
export async function chooseSwarm(options: {
  environment: Environment;
  isSandboxForced: boolean;
  probe: ManagerProbe;
  socketPath?: string;
}): Promise<SwarmChoice> {
  const { environment, isSandboxForced, probe, socketPath = defaultSocket } = options;
  if (isSandboxForced) return { use: "sandbox", reason: "it was asked for with --sandbox" };

  const named = namedEndpoints(environment);
  const isLocalAsked = environment.dockerHost === null && existsSync(socketPath);
  const local = { host: `unix://${socketPath}`, certPath: null, isTlsVerified: false };
  const { docker, refusals } = await firstManager(isLocalAsked ? [local, ...named] : named, probe);
  if (docker) return { use: "own", docker, otherManagers: named.filter(({ host }) => host !== docker.host) };
  if (named.length > 0) throw noneAnswers(environment, refusals);
  const [refusal] = refusals;
  if (!refusal) return { use: "sandbox", reason: "no Docker engine runs on this machine" };
  return { use: "sandbox", reason: `the Docker engine on this machine cannot be used: ${sentenceOf(refusal.cause)}` };
}

type Refusal = { docker: DockerEndpoint; cause: unknown };

/** One after the other: where the preferred one answers, no other is asked. */
async function firstManager(
  endpoints: readonly DockerEndpoint[],
  probe: ManagerProbe,
): Promise<{ docker: DockerEndpoint | null; refusals: Refusal[] }> {
  const refusals: Refusal[] = [];
  for (const docker of endpoints) {
    try {
      await probe(docker);
      return { docker, refusals };
    } catch (cause) {
      refusals.push({ docker, cause });
    }
  }
  return { docker: null, refusals };
}

function noneAnswers({ dockerHost }: Environment, refusals: readonly Refusal[]): AppError {
  const told = refusals.map(({ docker, cause }) => {
    const name = nameOfEndpoint(docker);
    const setting = docker.host === dockerHost ? "DOCKER_HOST=" : "";
    return `${setting}${name} cannot be used: ${sentenceOf(cause)}`;
  });
  const setting =
    refusals.length > 1 ? "DOCKER_HOST or SKEP_DOCKER_HOSTS" : dockerHost ? "DOCKER_HOST" : "SKEP_DOCKER_HOSTS";
  const advice = `Point ${setting} at a Swarm manager, or unset it to use the sandbox.`;
  const [first] = refusals;
  const code = isAppError(first?.cause) ? first.cause.code : "swarm-unreachable";
  return new AppError(code, `${told.join(" ")} ${advice}`, { cause: first?.cause });
}

function sentenceOf(error: unknown): string {
  // This call changes nothing, so the sentence about calls with an unknown effect would mislead.
  if (isAppError(error) && error.code !== "swarm-timeout") return error.publicMessage;
  return "It does not answer.";
}
