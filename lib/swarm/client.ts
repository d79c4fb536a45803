import "server-only";
import type { IncomingMessage } from "node:http";
import { isAppError } from "#lib/errors.ts";
import { type Asked, translateFailure, translateRefusal } from "./errors.ts";
import { parse } from "./fields.ts";
import {
  type ClientRequest,
  exchange,
  isLate,
  type Manager,
  type Managers,
  type ManagersOptions,
  openManagers,
} from "./managers.ts";

export type ConnectOptions = ManagersOptions & { callTimeoutSeconds: number };

export type SwarmClient = {
  /** Asks whichever manager answers and is of the right Swarm. Fails as an `AppError`. */
  call(request: ClientRequest, asked: Asked): Promise<string>;
  /** An answer that goes on until the signal or the connection ends. Beginning it is bounded like a call. */
  stream(request: ClientRequest, signal: AbortSignal): Promise<IncomingMessage>;
};

/** The managers of one Swarm as one: the next is tried when one cannot be asked, never after it may have acted. */
export function connectClient({ callTimeoutSeconds, ...options }: ConnectOptions): SwarmClient {
  const managers = openManagers(options);
  return {
    async call(request, asked) {
      const signal = AbortSignal.timeout(callTimeoutSeconds * 1000);
      if (asked !== "read") return exchange(await managers.ready(signal, true), { ...request, signal }, asked);
      const ask = () => read(managers, { ...request, signal });
      return ask().catch((error) => {
        // A question changes nothing: when a connection breaks, it is asked once more, of whichever manager answers.
        if (isAppError(error, "swarm-unreachable") && !signal.aborted) return ask();
        throw error;
      });
    },
    async stream(request, signal) {
      const deadline = new AbortController();
      const timer = setTimeout(() => deadline.abort(late()), callTimeoutSeconds * 1000);
      const either = AbortSignal.any([signal, deadline.signal]);
      let manager: Manager | null = null;
      try {
        manager = await managers.ready(either, false);
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

/** What the managers agree on; the rest is the engine's own. */
function isOfTheSwarm({ path }: ClientRequest): boolean {
  return /^\/(services|secrets|tasks|nodes)\b/.test(path);
}

const managerNodes: ClientRequest = {
  method: "GET",
  path: "/nodes",
  query: { filters: JSON.stringify({ role: ["manager"] }) },
};

async function read(managers: Managers, request: ClientRequest & { signal: AbortSignal }): Promise<string> {
  const { signal } = request;
  const manager = await managers.ready(signal, false);
  const ask = () => exchange(manager, request, "read");
  if (!isOfTheSwarm(request)) return ask();
  try {
    return await manager.led.read(ask, async () => parse(await exchange(manager, { ...managerNodes, signal }, "read")));
  } catch (error) {
    // Another one may know a leader, where it is this manager that has lost the others.
    if (isAppError(error, "swarm-no-leader")) managers.leave(manager);
    throw error;
  }
}

function late(): DOMException {
  return new DOMException("too late", "TimeoutError");
}
