import "server-only";
import type { DockerEndpoint } from "#lib/env.ts";
import { nameOfEndpoint } from "#lib/swarm/address.ts";
import { quoted } from "./by-hand-commands.ts";

/** How Docker's client gets to the Swarm: a line of shell, and what to know of it. */
export type ByHandConnection = { command: string; notes: string[] };

/** By the managers that Skep talks to, without the user and the password that it has there. */
export function connectionOf([endpoint, ...others]: readonly [DockerEndpoint, ...DockerEndpoint[]]): ByHandConnection {
  const isUserLeftOut = [endpoint, ...others].some((each) => nameOfEndpoint(each) !== each.host);
  return {
    command: connectionCommand(endpoint),
    notes: [
      ...(isUserLeftOut ? ["Add your user before the host, followed by @. Skep's own is not shown."] : []),
      ...(others.length > 0 ? [`If it does not answer, use ${others.map(hostOf).join(" or ")} instead.`] : []),
    ],
  };
}

export function connectionCommand(endpoint: DockerEndpoint): string {
  const { host, certPath, isTlsVerified } = endpoint;
  const isTls = certPath !== null || isTlsVerified || host.startsWith("https:");
  const settings = [
    `DOCKER_HOST=${quoted(hostOf(endpoint))}`,
    ...(certPath === null ? [] : [`DOCKER_CERT_PATH=${quoted(certPath)}`]),
    ...(isTls ? ["DOCKER_TLS_VERIFY=1"] : []),
  ];
  return `export ${settings.join(" ")}`;
}

/** Docker's client knows tcp only, with TLS or without. */
function hostOf(endpoint: DockerEndpoint): string {
  return nameOfEndpoint(endpoint).replace(/^https?:/, "tcp:");
}
