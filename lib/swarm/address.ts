import "server-only";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { DockerEndpoint, Environment } from "#lib/env.ts";
import { AppError } from "#lib/errors.ts";

/** A way to a Docker engine, taken apart. */
export type DockerAddress =
  | { type: "unix"; socketPath: string }
  | { type: "tcp"; host: string; port: number; tls: TlsFiles | "system" | null }
  | { type: "ssh"; host: string; port: number | null; user: string | null };

export type TlsFiles = { ca: Buffer; cert: Buffer; key: Buffer };

/** The managers that the operator named, the preferred one first. The TLS settings count for each that is asked over TCP. */
export function namedEndpoints({
  dockerHost,
  dockerHosts,
  dockerCertPath,
  isDockerTlsVerified,
}: Environment): DockerEndpoint[] {
  const hosts = new Set([...(dockerHost === null ? [] : [dockerHost]), ...dockerHosts]);
  return [...hosts].map((host) => {
    const isTcp = /^(tcp|https?):/.test(host);
    return { host, certPath: isTcp ? dockerCertPath : null, isTlsVerified: isTcp && isDockerTlsVerified };
  });
}

/** Takes an endpoint apart and reads its certificates. Fails naming what is wrong with it, never a password in it. */
export function readAddress(endpoint: DockerEndpoint): DockerAddress {
  if (endpoint.host.startsWith("unix://")) return { type: "unix", socketPath: endpoint.host.slice("unix://".length) };
  const url = parseUrl(endpoint.host);
  if (url.protocol === "ssh:") {
    const user = decodeURIComponent(url.username) || null;
    return { type: "ssh", host: hostOf(url), port: url.port === "" ? null : Number(url.port), user };
  }
  const isTls = url.protocol === "https:" || endpoint.certPath !== null || endpoint.isTlsVerified;
  const port = Number(url.port) || (isTls ? 2376 : 2375);
  if (!isTls) return { type: "tcp", host: hostOf(url), port, tls: null };
  const folder = endpoint.certPath ?? (endpoint.isTlsVerified ? join(homedir(), ".docker") : null);
  return { type: "tcp", host: hostOf(url), port, tls: folder === null ? "system" : readTlsFiles(folder) };
}

/** How logs and sentences call it: without user and password. */
export function nameOfEndpoint(endpoint: DockerEndpoint): string {
  return endpoint.host.replace(/\/\/[^@/]*@/, "//");
}

function parseUrl(host: string): URL {
  const url = URL.parse(host);
  if (url && ["tcp:", "http:", "https:", "ssh:"].includes(url.protocol) && url.hostname !== "") return url;
  throw new AppError(
    "invalid-input",
    "The Docker address cannot be read. Write it as unix:///path, tcp://host:port or ssh://user@host.",
  );
}

/** IPv6 addresses stand in brackets in a URL, and without them everywhere else. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

function readTlsFiles(folder: string): TlsFiles {
  try {
    const [ca, cert, key] = ["ca.pem", "cert.pem", "key.pem"].map((name) => {
      const path = join(/* turbopackIgnore: true */ folder, name);
      return readFileSync(/* turbopackIgnore: true */ path);
    });
    if (ca && cert && key) return { ca, cert, key };
    throw new Error("a certificate file is missing");
  } catch (cause) {
    throw new AppError(
      "swarm-unreachable",
      "The Docker certificates cannot be read. Put ca.pem, cert.pem and key.pem into the folder that DOCKER_CERT_PATH names.",
      { cause },
    );
  }
}
