import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import { parseArgs } from "node:util";
import { AppError } from "#lib/errors.ts";

export type ServerOptions = {
  port: number;
  host: string;
  tls: { cert: Buffer; key: Buffer } | null;
  isBehindProxy: boolean;
  isSandboxForced: boolean;
  /** Yes to what would be asked at the terminal. */
  isAgreed: boolean;
  isDev: boolean;
};

export const usage = `npm start -- [options]
  --port <number>        3000; 0 takes any free one
  --host <address>       127.0.0.1; anything beyond this machine needs one of the next two
  --tls-cert, --tls-key  PEM files; the console then speaks HTTPS
  --behind-proxy         a proxy in front of it speaks HTTPS
  --sandbox              the sandbox Swarm, even where there is another
  --yes                  do not ask before installing the Docker engine for it
  --help                 these lines`;

/** Reads the command line. What cannot be served safely is refused here, before anything starts. */
export function readServerOptions(commandLine: string[]): ServerOptions {
  const { values } = parse(commandLine);
  const host = values.host ?? "127.0.0.1";
  const isBehindProxy = values["behind-proxy"] ?? false;
  const tls = readTls(values["tls-cert"], values["tls-key"]);
  if (!isLoopback(host) && !tls && !isBehindProxy) {
    throw refusal(
      `--host ${host} opens the console beyond this machine. Add --tls-cert and --tls-key, or --behind-proxy if a proxy in front of it speaks HTTPS.`,
    );
  }
  return {
    port: readPort(values.port ?? "3000"),
    host,
    tls,
    isBehindProxy,
    isSandboxForced: values.sandbox ?? false,
    isAgreed: values.yes ?? false,
    isDev: values.dev ?? false,
  };
}

function parse(commandLine: string[]) {
  try {
    return parseArgs({
      args: commandLine,
      options: {
        port: { type: "string" },
        host: { type: "string" },
        "tls-cert": { type: "string" },
        "tls-key": { type: "string" },
        "behind-proxy": { type: "boolean" },
        sandbox: { type: "boolean" },
        yes: { type: "boolean" },
        dev: { type: "boolean" },
      },
    });
  } catch (cause) {
    throw refusal(`${cause instanceof Error ? cause.message.split(". ")[0] : cause}.\n${usage}`, cause);
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw refusal(`--port ${text} is not a port. Use a number from 0 to 65535.`);
  return port;
}

function readTls(certPath: string | undefined, keyPath: string | undefined): ServerOptions["tls"] {
  if (!certPath && !keyPath) return null;
  if (!certPath || !keyPath) throw refusal("--tls-cert and --tls-key go together. Give both.");
  const tls = { cert: readPem("--tls-cert", certPath), key: readPem("--tls-key", keyPath) };
  try {
    createSecureContext(tls);
  } catch (cause) {
    throw refusal(
      "--tls-cert and --tls-key are no certificate and key that belong together. Give PEM files that do.",
      cause,
    );
  }
  return tls;
}

function readPem(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw refusal(`${option} ${path} cannot be read. Give the path of a PEM file.`, cause);
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function refusal(sentence: string, cause?: unknown): AppError {
  return new AppError("invalid-input", sentence, { cause });
}
