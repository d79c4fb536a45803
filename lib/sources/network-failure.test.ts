import { describe, expect, it } from "vitest";
import { AddressRefused } from "./address.ts";
import { networkFailure } from "./network-failure.ts";
import { AnswerTooLong } from "./reach.ts";

const coded = (code: string, cause?: unknown) => Object.assign(new Error("canary", { cause }), { code });

describe("what it means that no answer came", () => {
  it.each<[string, unknown, string]>([
    ["a refused address", new AddressRefused("refused"), "source-address-refused"],
    [
      "one that an SDK has wrapped",
      new Error("sdk", { cause: new Error("x", { cause: new AddressRefused("r") }) }),
      "source-address-refused",
    ],
    [
      "one of several that were tried",
      new AggregateError([coded("ECONNREFUSED"), new AddressRefused("r")]),
      "source-address-refused",
    ],
    ...[
      ...["DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
      ...["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID", "CERT_REVOKED", "INVALID_CA"],
      ...["ERR_TLS_CERT_ALTNAME_INVALID", "HOSTNAME_MISMATCH", "INVALID_PURPOSE", "PATH_LENGTH_EXCEEDED"],
    ].map((code): [string, unknown, string] => [code, coded(code), "source-certificate"]),
    ...[
      "ERR_SSL_WRONG_VERSION_NUMBER",
      "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
      "EPROTO",
      "HPE_INVALID_CONSTANT",
    ].map((code): [string, unknown, string] => [code, coded(code), "source-broken-answer"]),
    ["too long an answer", new AnswerTooLong("long"), "source-broken-answer"],
    ...[
      "ECONNREFUSED",
      "ECONNRESET",
      "ENOTFOUND",
      "EAI_AGAIN",
      "ETIMEDOUT",
      "EHOSTUNREACH",
      "ABORT_ERR",
      "ERR_TLS_HANDSHAKE_TIMEOUT",
    ].map((code): [string, unknown, string] => [code, coded(code), "source-unreachable"]),
    ["an error without a code", new Error("?"), "source-unreachable"],
    ["no error", "text", "source-unreachable"],
  ])("is told by %s", (_what, error, code) => {
    expect(networkFailure("Vault", error)).toMatchObject({ code, publicMessage: expect.stringContaining("Vault") });
  });

  it("is told of an error that is its own cause", () => {
    const error = coded("ECONNRESET");
    error.cause = error;
    expect(networkFailure("Vault", error).code).toBe("source-unreachable");
  });
});
