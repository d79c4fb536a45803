import "server-only";
import type { IncomingMessage } from "node:http";
import { isAppError } from "#lib/errors.ts";
import { type Asked, translateFailure, translateRefusal } from "./errors.ts";
import { parse } from "./fields.ts";
import { callTimeoutSeconds } from "./gateway.ts";
import {
  type ClientRequest,
  exchange,
  isLate,
  type Manager,
  type Managers,
  type ManagersOptions,
  openManagers,
} from "./managers.ts";

export type ConnectOptions = ({ managers: Managers } | ManagersOptions) & { callTimeoutSeconds?: number };

export type SwarmClient = {
  /** Asks whichever manager answers and is of the right Swarm. Fails as an `AppError`. */
  call(request: ClientRequest, asked: Asked): Promise<string>;
  /** An answer that goes on until the signal or the connection ends, or its manager is left. Beginning it is bounded like a call. */
  stream(request: ClientRequest, signal: AbortSignal): Promise<IncomingMessage>;
};

/** The managers of one Swarm as one: the next is tried when one cannot be asked, never after it may have acted. */
export function connectClient(options: ConnectOptions): SwarmClient {
  const managers = "managers" in options ? options.managers : openManagers(options);
  const seconds = options.callTimeoutSeconds ?? callTimeoutSeconds;
  return {
    async call(request, asked) {
      const signal = AbortSignal.timeout(seconds * 1000);
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
      const timer = setTimeout(() => deadline.abort(late()), seconds * 1000);
      const either = AbortSignal.any([signal, deadline.signal]);
      let manager: Manager | null = null;
      try {
        manager = await managers.ready(either, false);
        const { left } = manager;
        await led(managers, manager, async () => undefined, either);
        const whole = AbortSignal.any([either, left.signal]);
        const answer = await manager.transport().stream({ ...request, signal: whole });
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
  const manager = await managers.ready(request.signal, false);
  const ask = () => exchange(manager, request, "read");
  return isOfTheSwarm(request) ? led(managers, manager, ask, request.signal) : ask();
}

async function led<T>(managers: Managers, manager: Manager, ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
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
