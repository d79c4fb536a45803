import "server-only";
import { existsSync } from "node:fs";
import type { DockerEndpoint, Environment } from "#lib/env.ts";
import { AppError, isAppError } from "#lib/errors.ts";
import { nameOfEndpoint } from "#lib/swarm/address.ts";

export type SwarmChoice = { use: "own"; docker: DockerEndpoint } | { use: "sandbox"; reason: string };

/** Fails with the reason why there is no Swarm manager at this end. */
export type ManagerProbe = (docker: DockerEndpoint) => Promise<void>;

const defaultSocket = "/var/run/docker.sock";

/**
 * Which Swarm this console is for. One that the operator named is used or refused, never passed over;
 * one that happens to be on this machine is used if it manages a Swarm; else there is the sandbox.
 */
export async function chooseSwarm(options: {
  environment: Environment;
  isSandboxForced: boolean;
  probe: ManagerProbe;
  socketPath?: string;
}): Promise<SwarmChoice> {
  const { environment, isSandboxForced, probe, socketPath = defaultSocket } = options;
  if (isSandboxForced) return { use: "sandbox", reason: "it was asked for with --sandbox" };

  const named = namedEndpoint(environment);
  if (named) {
    await refuseUnlessManager(named, probe);
    return { use: "own", docker: named };
  }
  if (!existsSync(socketPath)) return { use: "sandbox", reason: "no Docker engine runs on this machine" };
  const docker = { host: `unix://${socketPath}`, certPath: null, isTlsVerified: false };
  try {
    await probe(docker);
    return { use: "own", docker };
  } catch (error) {
    return { use: "sandbox", reason: `the Docker engine on this machine cannot be used: ${sentenceOf(error)}` };
  }
}

/** The endpoint that DOCKER_HOST names; the TLS settings count for TCP only. */
export function namedEndpoint(environment: Environment): DockerEndpoint | null {
  const { dockerHost, dockerCertPath, isDockerTlsVerified } = environment;
  if (!dockerHost) return null;
  const isTcp = /^(tcp|https?):/.test(dockerHost);
  return { host: dockerHost, certPath: isTcp ? dockerCertPath : null, isTlsVerified: isTcp && isDockerTlsVerified };
}

async function refuseUnlessManager(docker: DockerEndpoint, probe: ManagerProbe): Promise<void> {
  try {
    await probe(docker);
  } catch (cause) {
    const code = isAppError(cause) ? cause.code : "swarm-unreachable";
    const advice = "Point DOCKER_HOST at a Swarm manager, or unset it to use the sandbox.";
    throw new AppError(code, `DOCKER_HOST=${nameOfEndpoint(docker)} cannot be used: ${sentenceOf(cause)} ${advice}`, {
      cause,
    });
  }
}

function sentenceOf(error: unknown): string {
  // This call changes nothing, so the sentence about calls with an unknown effect would mislead.
  if (isAppError(error) && error.code !== "swarm-timeout") return error.publicMessage;
  return "It does not answer.";
}
