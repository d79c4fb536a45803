import "server-only";
import { AppError, type ErrorCode, isAppError, LoggableError } from "#lib/errors.ts";

/** What Docker said, for the log: its status and the start of its words, nothing of what was sent. */
class DockerRefusal extends LoggableError {
  readonly statusCode: number;

  constructor(statusCode: number, reason: string) {
    super(`Docker answered ${statusCode}: ${reason.slice(0, 300)}`);
    this.name = "DockerRefusal";
    this.statusCode = statusCode;
  }
}

/** The status with which Docker refused; null when there was no answer. */
export function statusOf(error: unknown): number | null {
  return isAppError(error) && error.cause instanceof DockerRefusal ? error.cause.statusCode : null;
}

/** Docker's answer to a changed value on an object that cannot change. */
export function saysOnlyLabels(error: unknown): boolean {
  return (
    isAppError(error) && error.cause instanceof DockerRefusal && /only updates to Labels/i.test(error.cause.message)
  );
}

/** What was asked for, so that the sentence can name it. */
export type Asked = "read" | "create secret" | "remove secret" | "update service" | "compare secret";

/** The one place that matches on Docker's words. */
export function translateRefusal(statusCode: number, reason: string, asked: Asked): AppError {
  const cause = new DockerRefusal(statusCode, loggableReason(reason, asked));
  const known = knownRefusals.find((refusal) => refusal.words.test(reason));
  if (known) return new AppError(known.code, known.sentence, { cause });
  if (statusCode === 409 && asked === "create secret") {
    return new AppError(
      "name-taken",
      "The Swarm has a secret of this name, perhaps in other capitals. Choose another name.",
      { cause, field: "name" },
    );
  }
  if (statusCode === 404) {
    return new AppError("not-found", "The Swarm does not have this any more. Look at the list again.", { cause });
  }
  return new AppError("swarm-refused", refusedSentence(asked, reason), { cause });
}

/** A call that got no answer. Whether it had an effect is unknown. */
export function translateFailure(error: unknown, isTimeout: boolean, address: string): AppError {
  const cause = withoutRequest(error);
  if (isTimeout) {
    return new AppError(
      "swarm-timeout",
      "The Swarm did not answer in time, so it is not known whether the call had an effect. Look at the Swarm before trying again.",
      { cause },
    );
  }
  return new AppError("swarm-unreachable", unreachableSentence(cause.message, address), { cause });
}

/** A question that a manager took and did not answer: nothing was changed by it. */
export function translateSilence(error: unknown, address: string): AppError {
  return new AppError(
    "swarm-unreachable",
    `The Swarm manager at ${address} does not answer in time. Wait a moment in case a new leader is being elected, then check the managers.`,
    { cause: withoutRequest(error) },
  );
}

export function otherSwarm(expected: string, found: string): AppError {
  return new AppError(
    "swarm-other",
    "Another Swarm than before answers at this address, so nothing is changed. An administrator decides in the settings which one is right.",
    { cause: new Error(`expected cluster ${expected}, found ${found}`) },
  );
}

const leaderless = "The Swarm has no leader. Bring more than half of its managers back.";

/** No manager said so: it is how the Swarm looks. */
export function noLeader(words: string): AppError {
  return new AppError("swarm-no-leader", leaderless, { cause: new Error(words) });
}

/** An answer that is not Docker's JSON: of its words only those are kept that are known here. */
export function reasonInText(text: string): string {
  return wantsTls.exec(text)?.[0] ?? "no reason given";
}

const wantsTls = /HTTP request to an HTTPS server/i;

const knownRefusals: { words: RegExp; code: ErrorCode; sentence: string }[] = [
  {
    words: /update out of sequence/i,
    code: "swarm-conflict",
    sentence: "Somebody else changed this at the same time. Look at it again, then try once more.",
  },
  {
    words: /needs to be unlocked|swarm is encrypted/i,
    code: "swarm-locked",
    sentence: "The Swarm manager is locked. Unlock it with `docker swarm unlock`.",
  },
  {
    words: /does not have a leader|raft: .*(leader|quorum)|too few managers|code = Unavailable/i,
    code: "swarm-no-leader",
    sentence: leaderless,
  },
  {
    words: /certificates have expired/i,
    code: "swarm-not-manager",
    sentence: "The certificates of this Swarm node have expired. Let it leave the Swarm and join again as a manager.",
  },
  {
    words: /worker nodes can't be used/i,
    code: "swarm-not-manager",
    sentence: "This Docker engine is a worker. Point Skep at a manager, or promote this node.",
  },
  {
    words: /not a swarm manager|not part of a swarm/i,
    code: "swarm-not-manager",
    sentence:
      "This Docker engine is not in a Swarm. Run `docker swarm init` there, or point Skep at a manager of your Swarm.",
  },
  {
    words: wantsTls,
    code: "swarm-unreachable",
    sentence: "The Docker engine speaks only TLS there. Set DOCKER_CERT_PATH to the folder with its certificates.",
  },
  {
    words: /context deadline exceeded|code = DeadlineExceeded/i,
    code: "swarm-timeout",
    sentence:
      "The Swarm's managers did not agree in time, so it is not known whether the call had an effect. Look at the Swarm before trying again.",
  },
];

/**
 * What came with a value may come back in the reason, whole, cut or encoded. So of a call that carries one only words
 * of Docker's own are kept, as they stand here.
 */
function loggableReason(reason: string, asked: Asked): string {
  if (asked !== "create secret" && asked !== "compare secret") return reason;
  const words = wordsWithoutValue.filter((each) => reason.toLowerCase().includes(each.toLowerCase()));
  return words.length > 0 ? words.join(", ") : "the reason is left out, because the call carried a value";
}

const wordsWithoutValue = [
  "update out of sequence",
  "only updates to Labels are allowed",
  "already exists",
  "name conflicts with an existing object",
  "invalid name",
  "name must be provided",
  "secret data must be larger than 0 and less than 512000 bytes",
  "secret driver",
  "does not have a leader",
  "too few managers are online",
  "needs to be unlocked",
  "certificates have expired",
  "not a swarm manager",
  "context deadline exceeded",
  "resource exhausted",
  "code = Unavailable",
  "code = InvalidArgument",
  "code = Internal",
  "code = Unknown",
  "no reason given",
];

function unreachableSentence(words: string, address: string): string {
  if (/ alert (handshake failure|(\w+ )?certificate|unknown ca|access denied)/.test(words)) {
    return `The Docker engine at ${address} does not let Skep in without a certificate that it trusts. Check cert.pem and key.pem in the folder that DOCKER_CERT_PATH names.`;
  }
  if (/:(wrong version number|packet length too long):/.test(words)) {
    return `The Docker engine at ${address} does not speak TLS there. Check the port: it is mostly 2376 with TLS, and 2375 without.`;
  }
  if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_|ERR_(SSL|TLS)/.test(words)) {
    return `The certificate of the Docker engine at ${address} is not trusted. Check the files in the folder that DOCKER_CERT_PATH names.`;
  }
  if (words.startsWith("EACCES")) {
    return `Skep may not open the Docker socket at ${address}. Give its user access to it, for example by the docker group.`;
  }
  if (address.startsWith("unix:") && words.startsWith("ENOENT")) {
    return `There is no Docker socket at ${address}. Check the path, and that the Docker engine runs there.`;
  }
  if (address.startsWith("unix:") && words.startsWith("ECONNREFUSED")) {
    return `Nothing listens at ${address}: it is no socket, or one that a Docker engine left behind. Start the engine, or check the path.`;
  }
  return `The Swarm cannot be reached at ${address}. Check that the Docker engine runs there and that Skep may connect to it.`;
}

function refusedSentence(asked: Asked, reason: string): string {
  if (asked === "remove secret" && /in use by/i.test(reason)) {
    return "A service still names this secret, so the Swarm does not remove it. Move the service first.";
  }
  if (asked === "read") return "The Swarm refused to answer. Its reason is in Skep's log.";
  return "The Swarm refused the change. Its reason is in Skep's log.";
}

/** Errors of HTTP clients may carry the request; the log gets the kind and the words only. */
function withoutRequest(error: unknown): Error {
  if (!(error instanceof Error)) return new Error("unknown failure");
  const code = "code" in error && typeof error.code === "string" ? `${error.code}: ` : "";
  return new Error(`${code}${error.message}`.slice(0, 300));
}
