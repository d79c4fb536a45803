import "server-only";
import type { DockerEndpoint } from "#lib/env.ts";
import { AppError } from "#lib/errors.ts";
import { engineApi } from "./engine-api.ts";

type Info = { Swarm?: { LocalNodeState?: string; ControlAvailable?: boolean } };

export async function probeManager(docker: DockerEndpoint): Promise<void> {
  const info = await engineApi(docker.host.replace("unix://", ""), 5).call<Info>("GET", "/info");
  if (info.Swarm?.LocalNodeState === "locked")
    throw new AppError("swarm-locked", "Its Swarm is locked. Run `docker swarm unlock`.");
  if (info.Swarm?.LocalNodeState === "inactive") {
    throw new AppError("swarm-not-manager", "It is not part of a Swarm. Run `docker swarm init`.");
  }
  if (!info.Swarm?.ControlAvailable) throw new AppError("swarm-not-manager", "It is a worker of its Swarm.");
}
