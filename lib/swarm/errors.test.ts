import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { isAppError } from "#lib/errors.ts";
import { describeError } from "#lib/log.ts";
import { type Asked, reasonInText, statusOf, translateFailure, translateRefusal } from "./errors.ts";

/** Docker's own words, from engines of 20.10 to the newest. */
const refusals: [status: number, words: string, asked: Asked, code: string][] = [
  [500, "rpc error: code = Unknown desc = update out of sequence", "update service", "swarm-conflict"],
  [409, "rpc error: code = AlreadyExists desc = secret A already exists", "create secret", "name-taken"],
  [404, "secret xyz not found", "read", "not-found"],
  [
    503,
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    "read",
    "swarm-not-manager",
  ],
  [
    503,
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.",
    "read",
    "swarm-not-manager",
  ],
  [
    503,
    'Swarm is encrypted and needs to be unlocked before it can be used. Please use "docker swarm unlock" to unlock it.',
    "read",
    "swarm-locked",
  ],
  [
    500,
    "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online. Make sure more than half of the managers are online.",
    "read",
    "swarm-no-leader",
  ],
  [503, "rpc error: code = Unavailable desc = connection error", "update service", "swarm-no-leader"],
  [
    503,
    "Swarm certificates have expired. To replace them, leave the swarm and join again.",
    "read",
    "swarm-not-manager",
  ],
  [500, "rpc error: code = DeadlineExceeded desc = context deadline exceeded", "update service", "swarm-timeout"],
  [
    400,
    "rpc error: code = InvalidArgument desc = secret 'a' is in use by the following service: one",
    "remove secret",
    "swarm-refused",
  ],
  [
    400,
    "rpc error: code = InvalidArgument desc = only updates to Labels are allowed",
    "compare secret",
    "swarm-refused",
  ],
  [400, "Client sent an HTTP request to an HTTPS server.\n", "read", "swarm-unreachable"],
  [418, "words that nobody knows yet", "update service", "swarm-refused"],
];

describe("Docker's refusals", () => {
  it.each(refusals)("%i %s (%s) is %s", (status, words, asked, code) => {
    const error = translateRefusal(status, words, asked);
    expect(error.code).toBe(code);
    expect(statusOf(error)).toBe(status);
    expect(error.publicMessage).toMatch(/^[A-Z].*\.$/);
    expect(error.publicMessage.length).toBeLessThan(180);
  });

  it("that are no JSON are kept only in words of Docker's own", () => {
    expect(reasonInText("Client sent an HTTP request to an HTTPS server.\n")).toBe("HTTP request to an HTTPS server");
    expect(reasonInText("<html>canary</html>")).toBe("no reason given");
  });

  it("tell a worker, a lone engine and expired certificates apart", () => {
    const sentences = refusals
      .filter(([, , , code]) => code === "swarm-not-manager")
      .map(([status, words, asked]) => translateRefusal(status, words, asked).publicMessage);
    expect(new Set(sentences).size).toBe(3);
  });
});

describe("Docker's reason in the log", () => {
  const logged = (reason: string, asked: Asked) =>
    JSON.stringify(describeError(translateRefusal(400, `rpc error: code = InvalidArgument desc = ${reason}`, asked)));

  it("is there with its status", () => {
    const line = logged("secret 'a' is in use by the following service: one", "remove secret");
    expect(line).toContain("Docker answered 400: rpc error: code = InvalidArgument desc = secret 'a' is in use by");
  });

  it.each<Asked>(["create secret", "compare secret"])("of a call to %s is told in Docker's own words only", (asked) => {
    for (const echo of ["canary", Buffer.from("canary").toString("base64"), "cana"]) {
      expect(logged(`only updates to Labels are allowed, not ${echo}`, asked)).not.toContain(echo);
      expect(logged(`only updates to Labels are allowed, not ${echo}`, asked)).toContain("only updates to Labels");
      expect(JSON.stringify(describeError(translateRefusal(500, `broken near ${echo}`, asked)))).toMatch(
        /Docker answered 500: the reason is left out, because the call carried a value/,
      );
    }
  });
});

describe("a call without an answer", () => {
  it("keeps the kind and the words for the log, and nothing of the request", () => {
    const failure = Object.assign(new Error("connect ECONNREFUSED"), {
      code: "ECONNREFUSED",
      request: { body: "canary" },
      config: { data: "canary" },
    });
    const error = translateFailure(failure, false, "tcp://manager:2376");
    expect(isAppError(error, "swarm-unreachable")).toBe(true);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("canary");
    expect(error.publicMessage).toContain("tcp://manager:2376");
  });

  it.each([
    ["EACCES", "connect EACCES /var/run/docker.sock", "docker group"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain", "DOCKER_CERT_PATH"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "Hostname/IP does not match certificate's altnames", "DOCKER_CERT_PATH"],
    ["ECONNREFUSED", "connect ECONNREFUSED", "engine runs there"],
  ])("says what to do about %s", (code, message, advice) => {
    const error = translateFailure(Object.assign(new Error(message), { code }), false, "somewhere");
    expect(error.publicMessage).toContain(advice);
  });

  /** As Node tells them: the handshake's under one code of its own, what comes after it under OpenSSL's. */
  it.each([
    ["EPROTO", "ssl3_read_bytes:ssl/tls alert handshake failure", "cert.pem and key.pem"],
    ["EPROTO", "ssl3_read_bytes:sslv3 alert bad certificate", "cert.pem and key.pem"],
    ["EPROTO", "ssl3_read_bytes:ssl/tls alert certificate expired", "cert.pem and key.pem"],
    ["EPROTO", "ssl3_read_bytes:tlsv1 alert unknown ca", "cert.pem and key.pem"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "x:tlsv13 alert certificate required", "cert.pem and key.pem"],
    ["EPROTO", "tls_validate_record_header:wrong version number", "2375 without"],
  ])("says of TLS what does not fit (%s %s)", (code, reason, advice) => {
    const message = `write EPROTO 401D0785527F0000:error:0A000412:SSL routines:${reason}:../deps/openssl/x.c:918:`;
    const error = translateFailure(Object.assign(new Error(message), { code }), false, "tcp://m1:2376");
    expect(error.publicMessage).toContain(advice);
  });

  it.each([
    ["ENOENT", "There is no Docker socket at unix:///x.sock."],
    ["ECONNREFUSED", "Nothing listens at unix:///x.sock: it is no socket"],
  ])("tells a path that is not there from one where nobody listens (%s)", (code, reason) => {
    const failure = Object.assign(new Error(`connect ${code} /x.sock`), { code });
    expect(translateFailure(failure, false, "unix:///x.sock").publicMessage).toContain(reason);
    expect(translateFailure(failure, false, "tcp://x:2376").publicMessage).toContain("cannot be reached");
  });

  it("in time is unknown in its effect", () => {
    expect(translateFailure(new Error("aborted"), true, "").publicMessage).toContain("not known");
  });
});
