import "server-only";
import { spawn } from "node:child_process";
import { Agent } from "node:http";
import { Duplex } from "node:stream";

export type SshTarget = { host: string; port: number | null; user: string | null };

/**
 * HTTP through `ssh host docker system dial-stdio`, as Docker's own command line does it: keys, agent, jump hosts and
 * above all the known hosts are the operator's. A library that takes any host key would hand it the secrets.
 */
export class SshAgent extends Agent {
  readonly #target: SshTarget;
  readonly #command: string;

  constructor(target: SshTarget, command = "ssh") {
    super({ keepAlive: false });
    this.#target = target;
    this.#command = command;
  }

  override createConnection(): Duplex {
    const child = spawn(this.#command, argumentsFor(this.#target), { stdio: ["pipe", "pipe", "pipe"] });
    const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
    let words = "";
    child.stderr.on("data", (chunk: Buffer) => {
      words = `${words}${chunk.toString()}`.slice(-300);
    });
    child.on("error", (error) => stream.destroy(error));
    child.on("close", (code) => {
      if (!stream.destroyed) stream.destroy(code === 0 ? undefined : new Error(`ssh ended with ${code}: ${words}`));
    });
    stream.on("close", () => child.kill());
    return withSocketMethods(stream);
  }
}

function argumentsFor({ host, port, user }: SshTarget): string[] {
  return [
    ...["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=4"],
    ...(user === null ? [] : ["-l", user]),
    ...(port === null ? [] : ["-p", String(port)]),
    ...["--", host, "docker", "system", "dial-stdio"],
  ];
}

/** Node's HTTP client calls these on its sockets; a pipe has nothing to set. */
function withSocketMethods(stream: Duplex): Duplex {
  const ignore = () => stream;
  return Object.assign(stream, {
    setTimeout: ignore,
    setNoDelay: ignore,
    setKeepAlive: ignore,
    ref: ignore,
    unref: ignore,
  });
}
