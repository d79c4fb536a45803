import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type { LookupFunction } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { describeError } from "#lib/log.ts";
import { askedBy, failed, opened, staged } from "./doubles/aws-scene.ts";
import type { Fault } from "./doubles/stage.ts";
import type { Reach } from "./reach.ts";

describe("the address", () => {
  /** A reach that goes nowhere, and the names that were to be reached. */
  function nowhere(): Reach & { names: string[] } {
    const names: string[] = [];
    const lookup: LookupFunction = (name, _options, callback) => {
      names.push(name);
      callback(Object.assign(new Error("nowhere"), { code: "ENOTFOUND" }), []);
    };
    return {
      names,
      plain: new Agent({ lookup }),
      tls: new TlsAgent({ lookup }),
      close() {},
      closed: new AbortController().signal,
    };
  }

  it("is AWS's own, whatever the environment says", async () => {
    const stage = await staged();
    const reach = nowhere();
    const surprises = {
      AWS_ENDPOINT_URL: "http://127.0.0.1:9",
      AWS_ENDPOINT_URL_SECRETS_MANAGER: "http://127.0.0.1:9",
      AWS_REGION: "us-west-2",
      AWS_USE_FIPS_ENDPOINT: "true",
      AWS_USE_DUALSTACK_ENDPOINT: "true",
      AWS_MAX_ATTEMPTS: "7",
    };
    for (const [name, value] of Object.entries(surprises)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const source = opened(stage, { settings: { endpoint: null }, reach });
    expect(await failed(source.versions("shop/db", null))).toMatchObject({ code: "source-unreachable" });
    expect(reach.names).toEqual(["secretsmanager.eu-central-1.amazonaws.com"]);
  });

  it("of STS is AWS's own where the endpoint is one of AWS's", async () => {
    const stage = await staged({ assumesRole: true });
    const reach = nowhere();
    const endpoint = "https://vpce-1a2b.secretsmanager.eu-central-1.vpce.amazonaws.com";
    await failed(opened(stage, { settings: { endpoint }, reach }).versions("shop/db", null));
    expect(reach.names).toEqual(["sts.eu-central-1.amazonaws.com"]);
  });

  it("is not asked where it is private and the settings do not allow that", async () => {
    const stage = await staged();
    const source = opened(stage, { settings: { allowsPrivateAddresses: false } });
    expect(await failed(source.versions("shop/db", null))).toMatchObject({ code: "source-address-refused" });
    expect(stage.requests()).toEqual([]);
  });
});

describe("failures", () => {
  const codes: [Fault, string][] = [
    ["throttled", "source-throttled"],
    ["failing", "source-failing"],
    ["expired-login", "source-sign-in"],
    ["forbidden", "source-forbidden"],
    ["redirect", "source-broken-answer"],
    ["broken", "source-broken-answer"],
  ];
  it.each(codes)("%s is told apart in every call, and a role's login too", async (fault, code) => {
    for (const assumesRole of [false, true]) {
      const stage = await staged({ assumesRole });
      const source = opened(stage);
      stage.fail?.(fault);
      for (const call of [source.versions("a", null), source.fetch("a", null), source.browse("")]) {
        expect(await failed(call)).toMatchObject({ code });
      }
    }
  });

  it("a question is asked once, whatever is answered", async () => {
    const stage = await staged();
    const source = opened(stage);
    for (const fault of ["throttled", "failing", "redirect", "broken", "forbidden"] as const) {
      stage.fail?.(fault);
      expect(await askedBy(stage, () => source.versions("a", null))).toHaveLength(1);
    }
  });

  it("a source that does not answer is given up in time", async () => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const times: number[] = [];
    onTestFinished(() => void vi.restoreAllMocks());
    vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => {
      times.push(milliseconds);
      return timeout(milliseconds / 50);
    });
    const stage = await staged();
    const source = opened(stage);
    stage.fail?.("silent");
    expect(await failed(source.versions("a", null))).toMatchObject({ code: "source-unreachable" });
    expect(Math.max(...times)).toBe(10_000);
  });

  it("says which right is missing", async () => {
    const stage = await staged();
    await stage.put("shop/db", { password: "one" });
    stage.deny("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:ListSecrets");
    const source = opened(stage);
    const sentences = [source.versions("shop/db", null), source.fetch("shop/db", null), source.browse("")];
    const rights = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:ListSecrets"];
    for (const [at, call] of sentences.entries()) {
      const failure = await failed(call);
      expect(failure).toMatchObject({ code: "source-forbidden" });
      expect(failure.publicMessage).toContain(rights[at]);
    }
  });

  it("a key of KMS that does not open the secret is told as such", async () => {
    const stage = await staged();
    await stage.put("shop/db", { password: "one" });
    stage.secrets.disableKey("shop/db");
    const failure = await failed(opened(stage).fetch("shop/db", null));
    expect(failure).toMatchObject({ code: "source-forbidden" });
    expect(failure.publicMessage).toContain("kms:Decrypt");
  });

  it("clocks that are apart are told as such", async () => {
    const stage = await staged({ now: () => new Date(Date.now() + 6 * 60_000) });
    const source = opened(stage);
    expect(await askedBy(stage, () => source.versions("shop/db", null))).toHaveLength(1);
    const failure = await failed(source.versions("shop/db", null));
    expect(failure).toMatchObject({ code: "source-sign-in" });
    expect(failure.publicMessage).toContain("clock");
  });

  it("a path that AWS does not take is told beside its field", async () => {
    const stage = await staged();
    stage.answerWith({ status: 400, body: '{"__type":"ValidationException"}' });
    expect(await failed(opened(stage).versions("shop/db", null))).toMatchObject({
      code: "invalid-input",
      field: "path",
    });
  });

  const answers: [string, { status: number; headers?: Record<string, string>; body: string }, string, number][] = [
    ["429 with a time", { status: 429, headers: { "retry-after": "7" }, body: "" }, "source-throttled", 7],
    ["503 of a balancer", { status: 503, headers: { "retry-after": "20" }, body: "<html>" }, "source-failing", 20],
    [
      "a name with its namespace",
      { status: 400, body: '{"__type":"com.amazonaws#ThrottlingException"}' },
      "source-throttled",
      60,
    ],
    ["400 without a name", { status: 400, body: "{}" }, "source-broken-answer", 300],
    ["an array", { status: 200, body: "[1]" }, "source-not-found", 300],
    [
      "an id that is none",
      { status: 200, body: '{"VersionIdsToStages":{"x":["AWSCURRENT"]}}' },
      "source-broken-answer",
      300,
    ],
    ["more than any secret", { status: 200, body: `"${"x".repeat(5_000_000)}"` }, "source-broken-answer", 300],
  ];
  it.each(answers)("%s is understood", async (_name, answer, code, pauseSeconds) => {
    const stage = await staged();
    stage.answerWith(answer);
    expect(await failed(opened(stage).versions("shop/db", null))).toMatchObject({ code, pauseSeconds });
  });

  it("nothing that was answered is in a failure, nor in what the log prints of it", async () => {
    const stage = await staged();
    const canary = "canary-7f3a";
    const fields = ["message", "Message", "code", "Code", "name", "target", "stack", "cause", "SecretString", canary];
    const own = Object.fromEntries(fields.map((field) => [field, canary]));
    const bodies = [
      canary,
      ...[canary, "AccessDeniedException", "ThrottlingException"].map((__type) => JSON.stringify({ __type, ...own })),
    ];
    for (const body of bodies) {
      for (const status of [200, 307, 400, 403, 500]) {
        stage.answerWith({ status, headers: { "x-amzn-requestid": canary, location: `/${canary}` }, body });
        const source = opened(stage);
        for (const call of [source.versions("a", null), source.fetch("a", null), source.browse("")]) {
          const error = await call.then(
            () => null,
            (thrown: unknown) => thrown,
          );
          const { cause } = (error ?? {}) as { cause?: unknown };
          expect(JSON.stringify([describeError(error), String(error), String(cause)])).not.toContain(canary);
        }
      }
    }
  });
});

describe("a check", () => {
  it("says what answers, who the login is, and that it may list", async () => {
    const stage = await staged();
    const { software, login } = await opened(stage).check();
    expect(software).toContain("AWS Secrets Manager in eu-central-1");
    expect(login).toBe("arn:aws:iam::123456789012:user/skep-double may list secrets");
  });

  it("of a role says until when its login is lent", async () => {
    const stage = await staged({ assumesRole: true });
    const { login } = await opened(stage).check();
    expect(login).toMatch(
      /^arn:aws:sts::123456789012:assumed-role\/skep-reads\/skep may list secrets; lent until \d{4}-/,
    );
  });

  it("passes for a login that may not list, and says so", async () => {
    const stage = await staged();
    stage.deny("secretsmanager:ListSecrets", "sts:GetCallerIdentity");
    const { login } = await opened(stage).check();
    expect(login).toMatch(/^the keys in aws_keys may not list secrets/);
  });

  it("fails for a login that is not taken", async () => {
    const stage = await staged();
    const file = stage.keys.file();
    stage.keys.renew();
    expect(await failed(opened(stage, { credential: file }).check())).toMatchObject({ code: "source-sign-in" });
  });
});
