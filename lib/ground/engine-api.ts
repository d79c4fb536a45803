import "server-only";
import { Agent, request } from "node:http";

/** A Docker engine by its Unix socket, for what only the ground does: making Swarms, images and sample services. */
export type EngineApi = {
  /** Sends a JSON body, or bytes as they are; answers with the parsed JSON. A refusal fails with Docker's own words. */
  call<Answer = unknown>(method: "GET" | "POST" | "DELETE", path: string, body?: object | Buffer): Promise<Answer>;
};

export class EngineRefusal extends Error {
  readonly statusCode: number;
  constructor(statusCode: number, message: string) {
    super(message);
    this.name = "EngineRefusal";
    this.statusCode = statusCode;
  }
}

export function engineApi(socketPath: string, timeoutSeconds = 30): EngineApi {
  return {
    async call<Answer>(method: string, path: string, body?: object | Buffer): Promise<Answer> {
      const { statusCode, text } = await exchange({ socketPath, timeoutSeconds, method, path, body });
      if (statusCode >= 400) throw new EngineRefusal(statusCode, messageOf(text));
      return parse(text) as Answer;
    },
  };
}

type Exchange = {
  socketPath: string;
  timeoutSeconds: number;
  method: string;
  path: string;
  body: object | Buffer | undefined;
};

/**
 * A connection per call, closed by us. Asked to close it, Docker may do so before Node's last, empty write of a body:
 * that breaks the pipe, and the answer is lost with it.
 */
const agent = new Agent({ keepAlive: true, maxFreeSockets: 0 });

function exchange(options: Exchange): Promise<{ statusCode: number; text: string }> {
  const { socketPath, method, path, body, timeoutSeconds } = options;
  const isBinary = Buffer.isBuffer(body);
  const bytes = body === undefined || isBinary ? body : Buffer.from(JSON.stringify(body));
  const headers: Record<string, string | number> = { Host: "docker" };
  if (bytes) {
    headers["Content-Type"] = isBinary ? "application/x-tar" : "application/json";
    headers["Content-Length"] = bytes.byteLength;
  }
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, headers, agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => resolve({ statusCode: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      answer.on("error", reject);
    });
    call.setTimeout(timeoutSeconds * 1000, () => call.destroy(new Error(`${method} ${path} took too long`)));
    call.on("error", reject);
    call.end(bytes);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function messageOf(text: string): string {
  const answer = parse(text);
  const hasMessage = typeof answer === "object" && answer !== null && "message" in answer;
  return hasMessage ? String(answer.message) : text.slice(0, 300);
}
