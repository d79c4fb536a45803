import "server-only";
import { isAppError } from "#lib/errors.ts";

/** A machine that stands still for some seconds answers no question meanwhile. */
export function stoodStill(error: unknown): null {
  if (isAppError(error, "database-unreachable") || isAppError(error, "swarm-timeout")) return null;
  throw error;
}
