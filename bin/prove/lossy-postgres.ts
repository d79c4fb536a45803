import { connect, createServer, type Socket } from "node:net";

export type LossyPostgres = {
  /** The answer to the next commit never arrives: Postgres has made it, and the connection is gone. */
  loseNextCommit(): void;
  stop(): Promise<void>;
};

/** Stands in front of Postgres's socket. */
export async function startLossyPostgres(options: {
  socketPath: string;
  targetSocketPath: string;
}): Promise<LossyPostgres> {
  const sockets = new Set<Socket>();
  let isArmed = false;

  const server = createServer((client) => {
    const upstream = connect(options.targetSocketPath);
    for (const side of [client, upstream]) {
      sockets.add(side);
      side.on("error", end).on("close", end);
    }
    const commits = watchCommits();
    let isDoomed = false;
    client.on("data", (chunk) => {
      if (commits(chunk) && isArmed) {
        isArmed = false;
        isDoomed = true;
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (!isDoomed) client.write(chunk);
      else if (isReadyForQuery(chunk)) end();
    });
    function end(): void {
      for (const side of [client, upstream]) {
        side.destroy();
        sockets.delete(side);
      }
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.socketPath, resolve);
  });
  return {
    loseNextCommit() {
      isArmed = true;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Says of each chunk from a client whether it commits: by COMMIT, or by a statement outside a transaction. */
function watchCommits(): (chunk: Buffer) => boolean {
  let isInside = false;
  return (chunk) => {
    const text = chunk.toString("latin1");
    if (/\bBEGIN\b/.test(text)) isInside = true;
    if (/\b(COMMIT|ROLLBACK)\b/.test(text)) {
      isInside = false;
      return text.includes("COMMIT");
    }
    return !isInside && /\b(INSERT|UPDATE|DELETE)\b/.test(text);
  };
}

/** The server's last word on a statement: type Z, length 5, and its state. */
function isReadyForQuery(chunk: Buffer): boolean {
  return chunk.length >= 6 && chunk.subarray(-6, -1).equals(Buffer.from([0x5a, 0, 0, 0, 5]));
}
