import "server-only";
import type { IncomingMessage } from "node:http";
import type { DockerEndpoint } from "#lib/env.ts";
import { type AppError, isAppError } from "#lib/errors.ts";
import { nameOfEndpoint, readAddress } from "./address.ts";
import { type Asked, otherSwarm, translateFailure, translateRefusal, translateSilence } from "./errors.ts";
import { brokenAnswer, requireFields, requireText } from "./fields.ts";
import { type DockerRequest, type DockerTransport, openTransport } from "./transport.ts";

export type ConnectOptions = {
  /** Managers of one Swarm, the preferred one first. */
  endpoints: DockerEndpoint[];
  /** The cluster ID that Postgres knows; null before any is known: then the first one seen counts. */
  expectedClusterId?: () => string | null;
  callTimeoutSeconds: number;
};

export type SwarmClient = {
  /** Asks whichever manager answers and is of the right Swarm. Fails as an `AppError`. */
  call(request: ClientRequest, asked: Asked): Promise<string>;
  /** An answer that goes on until the signal or the connection ends. Beginning it is bounded like a call. */
  stream(request: ClientRequest, signal: AbortSignal): Promise<IncomingMessage>;
};

export type ClientRequest = Omit<DockerRequest, "signal"> & {
  /** Takes out of Docker's reason for a refusal what must not reach the log. */
  redact?: (reason: string) => string;
};

/** How long a manager's cluster ID counts as seen for reads; before each write it is asked again. */
const checkedForMilliseconds = 2_000;

type Manager = { name: string; transport(): DockerTransport; checkedAt: number };

/** The managers of one Swarm as one: the next is tried when one cannot be asked, never after it may have acted. */
export function connectClient({ endpoints, expectedClusterId, callTimeoutSeconds }: ConnectOptions): SwarmClient {
  const managers = endpoints.map(openManager);
  let preferred = 0;
  let firstSeen: string | null = null;

  async function ready(signal: AbortSignal, isWrite: boolean): Promise<Manager> {
    let failure: AppError = brokenAnswer("no Docker address");
    for (let turn = 0; turn < managers.length; turn += 1) {
      const manager = managers[preferred];
      if (!manager) break;
      try {
        const isFresh = performance.now() - manager.checkedAt < checkedForMilliseconds;
        if (isWrite || !isFresh) await check(manager, signal);
        return manager;
      } catch (error) {
        failure = unreachableWhenLate(error, manager);
        preferred = (preferred + 1) % managers.length;
        if (signal.aborted) break;
      }
    }
    throw failure;
  }

  async function check(manager: Manager, signal: AbortSignal): Promise<void> {
    manager.checkedAt = Number.NEGATIVE_INFINITY;
    const swarm = await exchange(manager, { method: "GET", path: "/swarm", signal }, "read");
    const clusterId = requireText(requireFields(parse(swarm)), "ID");
    firstSeen ??= clusterId;
    const expected = expectedClusterId?.() ?? firstSeen;
    if (clusterId !== expected) throw otherSwarm(expected, clusterId);
    manager.checkedAt = performance.now();
  }

  return {
    async call(request, asked) {
      const signal = AbortSignal.timeout(callTimeoutSeconds * 1000);
      const manager = await ready(signal, asked !== "read");
      return exchange(manager, { ...request, signal }, asked);
    },
    async stream(request, signal) {
      const deadline = new AbortController();
      const timer = setTimeout(() => deadline.abort(late()), callTimeoutSeconds * 1000);
      const either = AbortSignal.any([signal, deadline.signal]);
      let manager: Manager | null = null;
      try {
        manager = await ready(either, false);
        const answer = await manager.transport().stream({ ...request, signal: either });
        if (answer.statusCode !== 200) throw translateRefusal(answer.statusCode ?? 0, "no stream", "read");
        return answer;
      } catch (error) {
        deadline.abort();
        throw isAppError(error) ? error : translateFailure(error, isLate(deadline.signal), manager?.name ?? "");
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function exchange(
  manager: Manager,
  request: ClientRequest & { signal: AbortSignal },
  asked: Asked,
): Promise<string> {
  try {
    const { statusCode, text } = await manager.transport().call(request);
    if (statusCode >= 200 && statusCode < 300) return text;
    throw translateRefusal(statusCode, (request.redact ?? same)(reasonIn(text)), asked);
  } catch (error) {
    if (!isAppError(error, "swarm-refused")) manager.checkedAt = Number.NEGATIVE_INFINITY;
    throw isAppError(error) ? error : translateFailure(error, isLate(request.signal), manager.name);
  }
}

/** Connections are opened at the first call, so that a wrong certificate folder is an error of calls, not of the start. */
function openManager(endpoint: DockerEndpoint): Manager {
  let transport: DockerTransport | null = null;
  return {
    name: nameOfEndpoint(endpoint),
    checkedAt: Number.NEGATIVE_INFINITY,
    transport() {
      transport ??= openTransport(readAddress(endpoint));
      return transport;
    },
  };
}

/** A read changes nothing, so one that is not answered in time only means that the manager cannot be reached. */
function unreachableWhenLate(error: unknown, manager: Manager): AppError {
  if (!isAppError(error)) return translateFailure(error, false, manager.name);
  return isAppError(error, "swarm-timeout") ? translateSilence(error.cause, manager.name) : error;
}

function same(reason: string): string {
  return reason;
}

function isLate(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason instanceof DOMException && signal.reason.name === "TimeoutError";
}

function late(): DOMException {
  return new DOMException("too late", "TimeoutError");
}

/** Docker's JSON; what is none is a broken answer, and not repeated anywhere. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw brokenAnswer("not JSON");
  }
}

function reasonIn(text: string): string {
  try {
    const answer: unknown = JSON.parse(text);
    const hasMessage = typeof answer === "object" && answer !== null && "message" in answer;
    return hasMessage ? String(answer.message) : "no reason given";
  } catch {
    return "no reason given";
  }
}
