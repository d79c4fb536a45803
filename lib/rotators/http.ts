import "server-only";
import { softwareOf } from "#lib/sources/http-answer.ts";
import { networkReason } from "#lib/sources/network-failure.ts";
import { type Answer, ask, openReach } from "#lib/sources/reach.ts";
import type { SecretValue } from "#lib/value.ts";
import { callTimeoutSeconds } from "./contract.ts";
import { RotatorFailure, unsent } from "./failure.ts";
import { acceptedIn, failureOf } from "./http-answer.ts";
import { bodyOf, type Call, keyOf, membersOf, signatureOf } from "./http-call.ts";
import type { OpenRotator } from "./open.ts";

/**
 * Whatever takes signed calls at an address of the person's own; docs/rotators.md has the contract. Over plain `http:`
 * whoever is on the way reads the password, so there only private addresses are called, where the settings allow them:
 * it is the connection that is held to that, whatever the name leads to. That an answer comes from the other side, TLS
 * says; answers are not signed.
 */
export const openHttp: OpenRotator<"http"> = (settings, surroundings, authority) => {
  const { name } = surroundings;
  const { credential, allowsPrivateAddresses } = settings;
  const url = new URL(settings.address);
  const isPlain = url.protocol === "http:";
  const reach = openReach({ allowsPrivateAddresses, allowsPublicAddresses: !isPlain, authority });

  function failureAt(error: unknown): RotatorFailure {
    const reason = networkReason(error);
    if (!isPlain || reason !== "address-refused") return new RotatorFailure(reason, name, { cause: error });
    const sentence = `Over http: a password can be read on the way, so that ${name} is called at private addresses alone, where its settings allow them. Write its address with https:, or allow private addresses for it.`;
    return new RotatorFailure(reason, name, { sentence, cause: error });
  }

  /** What was sent and what was answered is overwritten when it is of no use any more. */
  async function send<T>(call: Call, password: SecretValue | null, look: (answer: Answer) => T): Promise<T> {
    const key = keyOf(name, credential, await surroundings.credential(credential));
    const body = await bodyOf(name, call, password);
    const headers = { ...usualHeaders, ...signatureOf(body, key, surroundings.now()) };
    const signal = AbortSignal.timeout(callTimeoutSeconds * 1000);
    let isConnected = false;
    const connected = () => {
      isConnected = true;
    };
    const answer = await ask(reach, { url, method: "POST", headers, body, signal, connected })
      .catch((error: unknown) => Promise.reject(isConnected ? failureAt(error) : unsent(failureAt(error))))
      .finally(() => body.fill(0));
    try {
      const failure = failureOf(name, answer);
      if (failure) throw failure;
      return look(answer);
    } finally {
      answer.body.fill(0);
    }
  }

  return {
    async check(asked) {
      const all = settings.logins.length > 0 ? settings.logins : [null];
      const logins = asked ? [asked.only] : all;
      const software = await Promise.all(logins.map((login) => send({ step: "check", login }, null, softwareOf)));
      return { software: software[0] ?? "HTTP", login: logins.join(", ") || "none" };
    },
    set: (turn, password) => send({ step: "set", ...membersOf(turn) }, password, nothing),
    test: (turn, password) =>
      send({ step: "test", ...membersOf(turn) }, password, (answer) => acceptedIn(name, answer)),
    finish: ({ oldLogin, locksOld, ...turn }) =>
      send({ step: "finish", ...membersOf(turn), oldLogin, locksOld }, null, nothing),
    close: async () => reach.close(),
  };
};

/** Each call has a connection of its own: one that is kept may be closed by the other side just when it is used, and whether a call was done then nobody knows. */
const usualHeaders = {
  accept: "application/json",
  connection: "close",
  "content-type": "application/json",
  "user-agent": "Skep",
};

function nothing(): void {
  // "Done" says all.
}
