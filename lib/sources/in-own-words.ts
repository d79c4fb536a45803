import "server-only";
import { type AppError, isAppError } from "#lib/errors.ts";
import { inTime } from "./in-time.ts";

type OwnFailure = new (
  reason: "unreachable" | "certificate" | "sign-in" | "broken-answer",
  name: string,
  options?: { sentence?: string; cause?: unknown },
) => AppError;

type Asked = {
  /** As people call it: whose failures these are. */
  name: string;
  callSeconds: number;
  credential(file: string): Promise<string>;
};

/** How a server outside is asked: in time, and whatever goes wrong is said as a failure of its own. */
export function inOwnWords(Failure: OwnFailure, { name, callSeconds, credential }: Asked) {
  return {
    /** A file that is not there is a failure of this one server, and no reason to give up on the others. */
    async read(file: string, reason: "certificate" | "sign-in"): Promise<string> {
      try {
        return await credential(file);
      } catch (cause) {
        throw new Failure(reason, name, { cause, ...(isAppError(cause) ? { sentence: cause.publicMessage } : {}) });
      }
    },
    /** Whatever an SDK or a driver throws may carry what it sent or was sent: only errors of Skep's own leave. */
    call<T>(work: () => Promise<T>, forget?: (late: T) => void): Promise<T> {
      const asked = async () => {
        try {
          return await work();
        } catch (error) {
          throw isAppError(error) ? error : new Failure("broken-answer", name, { cause: error });
        }
      };
      return inTime({ seconds: callSeconds, late: () => new Failure("unreachable", name) }, asked, forget);
    },
  };
}
