import "server-only";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
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
    super({ keepAlive: true, maxFreeSockets: 0 });
    this.#target = target;
    this.#command = command;
  }

  override createConnection(): Duplex {
    const child = spawn(this.#command, argumentsFor(this.#target), { stdio: ["pipe", "pipe", "pipe"] });
    return withSocketMethods(join(child));
  }
}

/** The child's ends as one stream. A broken pipe says little: what ssh said before it ended is the error. */
function join(child: ChildProcessWithoutNullStreams): Duplex {
  let words = "";
  const stream = new Duplex({
    read: () => child.stdout.resume(),
    write: (chunk, _encoding, done) => child.stdin.write(chunk, (error) => !error && done()),
    final: (done) => child.stdin.end(done),
    destroy(error, done) {
      child.kill();
      done(error);
    },
  });
  child.stdin.on("error", () => undefined);
  child.stdout.on("data", (chunk: Buffer) => {
    if (!stream.push(chunk)) child.stdout.pause();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    words = `${words}${chunk.toString()}`.slice(-300);
  });
  child.on("error", (error) => stream.destroy(error));
  child.on("close", (code) => {
    if (code === 0) stream.push(null);
    else stream.destroy(new Error(`ssh ended with ${code}: ${words.trim()}`));
  });
  return stream;
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
