import "server-only";
import { AppError } from "#lib/errors.ts";
import { callTimeoutSeconds } from "./contract.ts";
import { checkFailureOf, createdAt, failureOf, requireWhole, softwareOf, versionOf } from "./http-answer.ts";
import { addressOf, conditionFor, headersFor, isSameVersion } from "./http-question.ts";
import { memberOf, pointTo } from "./json.ts";
import { networkFailure } from "./network-failure.ts";
import type { OpenAdapter } from "./open.ts";
import { type Answer, ask } from "./reach.ts";
import { overtaken } from "./sealed-ids.ts";

/** Any server that answers a GET with a value, or with JSON that has it. HEAD is not used: many servers answer it with other headers. */
export const openHttp: OpenAdapter<"http"> = (settings, surroundings, reach) => {
  const { name } = surroundings;
  const { versionFrom } = settings;

  /** The body is overwritten when `look` has ended. */
  async function get<T>(url: URL, condition: Record<string, string>, look: (answer: Answer) => T): Promise<T> {
    const headers = { ...(await headersFor(settings, surroundings)), ...condition };
    const signal = AbortSignal.timeout(callTimeoutSeconds * 1000);
    const answer = await ask(reach, { url, headers, signal }).catch((error: unknown) => {
      throw networkFailure(name, error);
    });
    try {
      return look(answer);
    } finally {
      answer.body.fill(0);
    }
  }

  return {
    /** What is at the address itself does not matter: only that it answers, by a trusted certificate, and takes the login. */
    check: () =>
      get(new URL(settings.address), {}, (answer) => {
        const failure = checkFailureOf(settings, surroundings, answer);
        if (failure) throw failure;
        const hasLogin = settings.headers.some(({ credential }) => credential !== null);
        return { software: softwareOf(answer), login: hasLogin ? "not refused at the address itself" : "none" };
      }),

    async browse() {
      throw new AppError("invalid-input", `${name} has no list of what is there. Type the path.`, { field: "path" });
    },

    async versions(path, since) {
      if (versionFrom === null) return [];
      const condition = conditionFor(versionFrom, since);
      return get(addressOf(settings.address, path), condition, (answer) => {
        if (answer.status === 304 && "if-none-match" in condition) return [];
        const failure = failureOf(settings, surroundings, answer);
        if (failure) throw failure;
        const told = versionOf(name, versionFrom, answer);
        if (since !== null && isSameVersion(versionFrom, told.id, since)) return [];
        return [{ ...told, createdAt: createdAt(answer), state: "there" }];
      });
    },

    async fetch(path, versionId) {
      return get(addressOf(settings.address, path), {}, (answer) => {
        const failure = failureOf(settings, surroundings, answer);
        if (failure) throw failure;
        const told = versionFrom === null ? null : versionOf(name, versionFrom, answer);
        if (versionId !== null && (versionFrom === null || !told || !isSameVersion(versionFrom, told.id, versionId)))
          throw overtaken(name);
        requireWhole(name, answer);
        const payload = { has: "bytes", bytes: Buffer.from(answer.body) } as const;
        return { versionId: told?.id ?? null, sealAs: told?.sealAs, payload };
      });
    },

    fieldOf: (json, field) => (field.startsWith("/") ? pointTo(json, field) : memberOf(json, field)),

    async close() {
      // Its connections are the reach's, and it has no login to give up.
    },
  };
};
