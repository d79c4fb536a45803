import "server-only";
import { AppError, isAppError } from "#lib/errors.ts";

/** SQLSTATE by which the seal refuses an event; see the migration. */
const auditRefused = "SK001";

const noAnswer = "no-answer";
const rawQueryFailed = "P2010";

/** What may be known of a failed query. Prisma's and Postgres's own messages echo arguments, so none of them gets this far. */
class DatabaseFailure extends Error {
  /** Prisma's code (P2002) or Postgres's (40001), whichever there is. */
  readonly code: string;
  /** The index or the constraint that refused the row. */
  readonly target: string;

  constructor(code: string, target: string) {
    super(target ? `${code} on ${target}` : code);
    this.name = "DatabaseFailure";
    this.code = code;
    this.target = target;
  }
}

/** A unique index said no: the named one (`Secret_name_free`), or any. */
export function isUniqueViolation(error: unknown, index?: string): boolean {
  const cause = isAppError(error) ? error.cause : null;
  if (!(cause instanceof Error) || !("code" in cause && "target" in cause)) return false;
  if (cause.code !== "P2002" && cause.code !== "23505") return false;
  return index === undefined || cause.target === index;
}

/** Every error of the database, in words that may be logged. What is already an AppError stays as it is. */
export function databaseError(error: unknown): AppError {
  if (isAppError(error)) return error;
  const failure = describeFailure(error);
  if (failure.code === auditRefused) {
    const sentence = "The history could not be written, so nothing was done. The log says why.";
    return new AppError("audit-refused", sentence, { cause: failure });
  }
  const lack = lackOf(failure.code);
  if (lack) return new AppError("database-unreachable", lack, { cause: failure });
  if (isConnectionLoss(failure.code)) return databaseUnreachable(failure);
  return new AppError("unexpected", "The database refused this. Try again.", { cause: failure });
}

export function databaseUnreachable(cause: unknown): AppError {
  const sentence = "The database cannot be reached. Nothing more is done until it is back.";
  return new AppError("database-unreachable", sentence, { cause });
}

/**
 * Postgres's class 53: it answers, and cannot do its work. For whoever waits that is as good as a Postgres that is away,
 * and as little a mistake of Skep's: what was begun goes on when there is room again.
 */
function lackOf(code: string): string | null {
  const lack = lacks[code === "TooManyConnections" ? "53300" : code] ?? (/^53/.test(code) ? lackOfSomething : null);
  return lack && `${lack} Nothing more is done until then.`;
}

const lackOfSomething = "The database lacks something that Postgres's own log names. Mend that.";
const lacks: Record<string, string> = {
  "53100": "The disk of the database is full. Make room where Postgres keeps its data.",
  "53200": "The database has run out of memory. Give Postgres more, or end what else takes it.",
  "53300": "The database takes no more connections. End some of the others, or raise its max_connections.",
};

/** Prisma's code for a transaction that was not begun, or not ended, in its time. */
export function isOutOfTime({ cause }: AppError): boolean {
  return cause instanceof DatabaseFailure && cause.code === "P2028";
}

type Shape = {
  name?: unknown;
  code?: unknown;
  errorCode?: unknown;
  meta?: { target?: unknown; driverAdapterError?: Shape; modelName?: unknown };
  cause?: Shape & { originalCode?: unknown; kind?: unknown; constraint?: { fields?: string[]; index?: string } };
};

function describeFailure(error: unknown): DatabaseFailure {
  const outer = (typeof error === "object" && error !== null ? error : {}) as Shape;
  const adapter = outer.meta?.driverAdapterError ?? outer;
  const driver = adapter.cause;
  const constraint = driver?.constraint;
  const target = constraint?.index ?? constraint?.fields?.join(", ") ?? outer.meta?.target ?? "";
  // That SQL failed is all that Prisma's own code says then; the reason is further in.
  const ownCode = outer.code === rawQueryFailed ? undefined : outer.code;
  const codes = [driver?.originalCode, ownCode, outer.errorCode, driver?.code, driver?.kind, outer.code];
  const code = codes.find((candidate) => typeof candidate === "string" && candidate.length > 0);
  if (typeof code === "string") return new DatabaseFailure(code, String(target));
  // The pool's own errors (no connection in time) are plain and have no code.
  return new DatabaseFailure(outer.name === "Error" ? noAnswer : String(outer.name ?? "unknown"), String(target));
}

/** Prisma's codes for a lost or refused connection, Node's, and Postgres's classes 08 and 57P. */
function isConnectionLoss(code: string): boolean {
  if (code === noAnswer || /^P10(01|02|08|11|17)$|^P2024$/.test(code)) return true;
  if (/^(08...|57P0[1-5]|28...|3D000)$/.test(code)) return true;
  if (/^(ECONN|EPIPE|ENOENT|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/.test(code)) return true;
  return /^(DatabaseNotReachable|ConnectionClosed|SocketTimeout|TlsConnectionError|PrismaClientInitializationError|AuthenticationFailed|DatabaseDoesNotExist|DatabaseAccessDenied)$/.test(
    code,
  );
}
