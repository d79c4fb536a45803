import "server-only";
import type { DockerEndpoint } from "#lib/env.ts";
import { type AppError, isAppError } from "#lib/errors.ts";
import { nameOfEndpoint, readAddress } from "./address.ts";
import {
  type Asked,
  otherSwarm,
  reasonInText,
  translateFailure,
  translateRefusal,
  translateSilence,
} from "./errors.ts";
import { brokenAnswer, parse, requireFields, requireText } from "./fields.ts";
import { LedReads } from "./led-reads.ts";
import { type DockerRequest, type DockerTransport, openTransport } from "./transport.ts";

export type ClientRequest = Omit<DockerRequest, "signal"> & {
  /** Takes out of Docker's reason for a refusal what must not reach the log. */
  redact?: (reason: string) => string;
};

/** How long a manager's cluster ID counts as seen for reads; before each write it is asked again. */
const checkedForMilliseconds = 2_000;

export type Manager = {
  name: string;
  transport(): DockerTransport;
  checkedAt: number;
  led: LedReads;
  /** Aborted when another one is asked from then on: what still listens to this one goes with the rest. */
  left: AbortController;
};

export type ManagersOptions = {
  /** Managers of one Swarm, the preferred one first. */
  endpoints: DockerEndpoint[];
  /** The cluster ID that Postgres knows; null before any is known: then the first one seen counts. */
  expectedClusterId?: (() => string | null) | undefined;
};

export type Managers = {
  /** One that answers and is of the right Swarm. Fails with what one of them said, before that one is out of reach. */
  ready(signal: AbortSignal, isWrite: boolean): Promise<Manager>;
  /** The next one is asked from now on, unless it is that already. */
  leave(manager: Manager): void;
};

export function openManagers({ endpoints, expectedClusterId }: ManagersOptions): Managers {
  const known = endpoints.map(openManager);
  let preferred = 0;
  let firstSeen: string | null = null;

  function leave(manager: Manager): void {
    if (known[preferred] !== manager || known.length === 1) return;
    preferred = (preferred + 1) % known.length;
    manager.left.abort();
    manager.left = new AbortController();
  }

  async function ready(signal: AbortSignal, isWrite: boolean): Promise<Manager> {
    let failure: AppError | null = null;
    for (let turn = 0; turn < known.length; turn += 1) {
      const manager = known[preferred];
      if (!manager) break;
      try {
        const isFresh = performance.now() - manager.checkedAt < checkedForMilliseconds;
        if (isWrite || !isFresh) await check(manager, signal);
        return manager;
      } catch (error) {
        if (failure === null || isAppError(failure, "swarm-unreachable")) failure = unreachableWhenLate(error, manager);
        leave(manager);
        if (signal.aborted) break;
      }
    }
    throw failure ?? brokenAnswer("no Docker address");
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

  return { ready, leave };
}

/** One question or order to one engine. Fails as an `AppError`. */
export async function exchange(
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
    led: new LedReads(),
    left: new AbortController(),
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

/** Whether it ended for want of time. */
export function isLate(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason instanceof DOMException && signal.reason.name === "TimeoutError";
}

function reasonIn(text: string): string {
  try {
    const answer: unknown = JSON.parse(text);
    const hasMessage = typeof answer === "object" && answer !== null && "message" in answer;
    return hasMessage ? String(answer.message) : "no reason given";
  } catch {
    return reasonInText(text);
  }
}
