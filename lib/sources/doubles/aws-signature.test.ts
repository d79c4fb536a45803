import { describe, expect, it } from "vitest";
import { faultOf, type KnownKey, type SignedRequest, signatureOf } from "./aws-signature.ts";

/** The example that AWS publishes with its description of the signature, and signatures that it publishes for it. */
const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const at = "20150830T123600Z";
const scope = { date: "20150830", region: "us-east-1", service: "service", signedHeaders: ["host", "x-amz-date"] };
const headers = { host: "example.amazonaws.com", "x-amz-date": at };

function signed(more: Partial<SignedRequest>): SignedRequest {
  return { method: "GET", path: "/", headers, body: Buffer.alloc(0), ...more };
}

describe("a signature is the one that AWS publishes", () => {
  const examples: [string, Partial<SignedRequest>, string][] = [
    ["a question without anything", {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
    ["a POST", { method: "POST" }, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
    [
      "parameters out of order",
      { path: "/?Param2=value2&Param1=value1" },
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ],
  ];
  it.each(examples)("for %s", (_name, more, signature) => {
    expect(signatureOf(signed(more), { ...scope, at, secret })).toBe(signature);
  });

  it("for headers with spaces", () => {
    const spaced = { ...headers, "my-header1": " value1", "my-header2": '"a   b   c"' };
    const signedHeaders = ["host", "my-header1", "my-header2", "x-amz-date"];
    expect(signatureOf(signed({ headers: spaced }), { ...scope, signedHeaders, at, secret })).toBe(
      "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    );
  });
});

describe("a request", () => {
  const now = new Date("2015-08-30T12:36:00Z");
  const own: KnownKey = { secret, token: null, endsAt: null };
  const lent: KnownKey = { secret, token: "the token", endsAt: new Date("2015-08-30T13:00:00Z") };

  function judged(
    changes: { headers?: Record<string, string>; body?: string; key?: KnownKey; now?: Date; sentToken?: string } = {},
  ) {
    const token: Record<string, string> =
      changes.sentToken === undefined ? {} : { "x-amz-security-token": changes.sentToken };
    const honest = signed({ method: "POST", headers: { ...headers, ...token }, body: Buffer.from("the body") });
    const signedHeaders = Object.keys(honest.headers).sort();
    const signature = signatureOf(honest, { ...scope, signedHeaders, at, secret });
    const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;
    const sent = {
      ...honest,
      headers: { ...honest.headers, authorization, ...changes.headers },
      ...(changes.body === undefined ? {} : { body: Buffer.from(changes.body) }),
    };
    const keyOf = (id: string) => (id === "AKIDEXAMPLE" ? (changes.key ?? own) : undefined);
    return faultOf(sent, { service: "service", region: "us-east-1", now: changes.now ?? now, keyOf });
  }

  it("that is signed counts", () => {
    expect(judged()).toBeNull();
    expect(judged({ key: lent, sentToken: "the token" })).toBeNull();
  });

  it("does not count with another body, host or header than the signed one", () => {
    expect(judged({ body: "another body" })).toBe("mismatch");
    expect(judged({ headers: { host: "elsewhere.amazonaws.com" } })).toBe("mismatch");
    expect(judged({ headers: { "x-amz-target": "secretsmanager.DeleteSecret" } })).toBe("incomplete");
  });

  it("does not count without a signature, with an unknown key, or with another secret", () => {
    expect(judged({ headers: { authorization: "" } })).toBe("incomplete");
    const unknown = `AWS4-HMAC-SHA256 Credential=AKIDOTHER/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`;
    expect(judged({ headers: { authorization: unknown } })).toBe("unknown-key");
    expect(judged({ key: { ...own, secret: "another" } })).toBe("mismatch");
  });

  it("does not count more than five minutes before or after its time", () => {
    expect(judged({ now: new Date("2015-08-30T12:40:59Z") })).toBeNull();
    expect(judged({ now: new Date("2015-08-30T12:41:01Z") })).toBe("skewed");
    expect(judged({ now: new Date("2015-08-30T12:30:59Z") })).toBe("skewed");
  });

  it("with a lent key does not count without its token, or after its end", () => {
    expect(judged({ key: lent })).toBe("wrong-token");
    expect(judged({ key: lent, sentToken: "another" })).toBe("wrong-token");
    expect(judged({ key: { ...lent, endsAt: now }, sentToken: "the token" })).toBe("expired");
  });
});
