import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type { LookupFunction } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isAppError } from "#lib/errors.ts";
import { describeError } from "#lib/log.ts";
import { openAws } from "./aws.ts";
import { type FindMachineLogin, findMachineLogin } from "./aws-login.ts";
import type { Adapter } from "./contract.ts";
import { type AwsStage, openAwsStage } from "./doubles/aws.ts";
import type { Fault } from "./doubles/stage.ts";
import type { SourceFailure } from "./failure.ts";
import { openReach, type Reach } from "./reach.ts";
import type { SettingsOf } from "./schema.ts";

const endings: (() => unknown)[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  for (const end of endings.splice(0).reverse()) await end();
});

async function staged(options: Parameters<typeof openAwsStage>[0] = {}): Promise<AwsStage> {
  const stage = await openAwsStage(options);
  endings.push(() => stage.end());
  return stage;
}

type Changes = {
  settings?: Partial<SettingsOf<"aws">>;
  credential?: string;
  now?: () => Date;
  reach?: Reach;
  machine?: FindMachineLogin;
};

function opened(stage: AwsStage, changes: Changes = {}): Adapter {
  const settings = { ...stage.settings, ...changes.settings };
  const reach = changes.reach ?? openReach({ ...settings, authority: null });
  endings.push(() => reach.close());
  const { credential } = changes;
  const surroundings = {
    name: "Shop AWS",
    credential: credential === undefined ? stage.credential : async () => credential,
    now: changes.now ?? (() => new Date()),
  };
  const noMachine = () => Promise.reject(new Error("tests have no machine"));
  return openAws(settings, surroundings, reach, changes.machine ?? noMachine);
}

/** What a call asked, without what was asked before it. */
async function askedBy<T>(stage: AwsStage, call: () => Promise<T>): Promise<string[]> {
  const before = stage.requests()?.length ?? 0;
  await call().catch(() => null);
  return (stage.requests() ?? []).slice(before).map((request) => request.replace(/^POST \/ /, ""));
}

async function failed(call: Promise<unknown>): Promise<SourceFailure> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!isAppError(error)) throw new Error("this was to fail in words of Skep's own", { cause: error });
  return error as SourceFailure;
}

async function textOf(source: Adapter, path: string, versionId: string | null): Promise<string> {
  const { payload } = await source.fetch(path, versionId);
  return payload.has === "bytes" ? payload.bytes.toString() : JSON.stringify(payload.fields);
}

describe("versions", () => {
  it("the version is the one that carries the label, told by one question that has no value in its answer", async () => {
    const stage = await staged();
    const source = opened(stage);
    const first = await stage.put("shop/db", { password: "one" });
    expect(await source.versions("shop/db", null)).toEqual([{ id: first, createdAt: null, state: "there" }]);
    expect(await source.versions("shop/db", first)).toEqual([]);

    const second = await stage.put("shop/db", { password: "two" });
    expect(await source.versions("shop/db", first)).toEqual([{ id: second, createdAt: null, state: "there" }]);
    expect(await askedBy(stage, () => source.versions("shop/db", first))).toEqual(["secretsmanager.DescribeSecret"]);
  });

  it("a path may name the label", async () => {
    const stage = await staged();
    const source = opened(stage);
    const first = await stage.put("shop/db", { password: "one" });
    await stage.put("shop/db", { password: "two" });
    const pending = stage.secrets.put("shop/db", { text: "three" }, "AWSPENDING");
    expect(await source.versions("shop/db#AWSPREVIOUS", null)).toMatchObject([{ id: first }]);
    expect(await source.versions("shop/db#AWSPENDING", null)).toMatchObject([{ id: pending }]);
    expect(await textOf(source, "shop/db#AWSPENDING", null)).toBe("three");
    expect(await textOf(source, "shop/db#AWSPREVIOUS", null)).toBe('{"password":"one"}');
  });

  it("a label that nothing carries is nothing new, and nothing to begin with", async () => {
    const stage = await staged();
    const source = opened(stage);
    const id = await stage.put("shop/db", { password: "one" });
    expect(await source.versions("shop/db#AWSPENDING", id)).toEqual([]);
    const failure = await failed(source.versions("shop/db#AWSPENDING", null));
    expect(failure).toMatchObject({ code: "source-not-found" });
    expect(failure.publicMessage).toContain("AWSPENDING");
  });

  it("a secret that is scheduled for deletion is told as deleted, even to whoever knows its version, and cannot be read", async () => {
    const stage = await staged();
    const source = opened(stage);
    const id = await stage.put("shop/db", { password: "one" });
    await stage.remove("shop/db");
    expect(await source.versions("shop/db", null)).toEqual([{ id, createdAt: null, state: "deleted" }]);
    expect(await source.versions("shop/db", id)).toEqual([{ id, createdAt: null, state: "deleted" }]);
    for (const versionId of [null, id]) {
      const failure = await failed(source.fetch("shop/db", versionId));
      expect(failure).toMatchObject({ code: "source-not-found" });
      expect(failure.publicMessage).toContain("deletion");
    }
  });
});

describe("values", () => {
  it("text comes as its bytes, and bytes as they are", async () => {
    const stage = await staged();
    const source = opened(stage);
    stage.secrets.put("text", { text: "grüße\r\n\0\n" });
    const binary = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    stage.secrets.put("binary", { binary });
    expect(await textOf(source, "text", null)).toBe("grüße\r\n\0\n");
    expect((await source.fetch("binary", null)).payload).toEqual({ has: "bytes", bytes: binary });
  });

  it("the largest secret that AWS holds arrives whole", async () => {
    const stage = await staged();
    const binary = Buffer.alloc(65_536, 7);
    stage.secrets.put("large", { binary });
    const { payload } = await opened(stage).fetch("large", null);
    expect(payload).toEqual({ has: "bytes", bytes: binary });
  });

  it("a version is read by its id after its label has moved on, and no other in its place", async () => {
    const stage = await staged();
    const source = opened(stage);
    const first = await stage.put("shop/db", { password: "one" });
    const second = await stage.put("shop/db", { password: "two" });
    expect(await source.fetch("shop/db", first)).toMatchObject({ versionId: first });
    expect(await textOf(source, "shop/db", first)).toBe('{"password":"one"}');
    expect(await textOf(source, "shop/db", second)).toBe('{"password":"two"}');

    stage.secrets.prune("shop/db", String(first));
    expect(await failed(source.fetch("shop/db", first))).toMatchObject({ code: "source-not-found" });
  });

  it("an id that cannot be one of AWS's is not asked for", async () => {
    const stage = await staged();
    await stage.put("shop/db", { password: "one" });
    const source = opened(stage);
    expect(await failed(source.fetch("shop/db", "7"))).toMatchObject({ code: "source-not-found" });
    expect(stage.requests()).toEqual([]);
  });

  it("a policy that allows values by their label alone is enough", async () => {
    const stage = await staged();
    const id = await stage.put("shop/db", { password: "one" });
    stage.secrets.onlyLabel = "AWSCURRENT";
    const source = opened(stage);
    expect(await textOf(source, "shop/db", null)).toBe('{"password":"one"}');
    expect(await textOf(source, "shop/db", id)).toBe('{"password":"one"}');
  });

  it("an answer of another version than the one asked for is not taken", async () => {
    const stage = await staged();
    const id = await stage.put("shop/db", { password: "one" });
    const other = "00000000-0000-0000-0000-000000000000";
    const body = JSON.stringify({ VersionId: other, VersionStages: ["AWSPREVIOUS"], SecretString: "older" });
    stage.answerWith({ status: 200, headers: { "content-type": "application/x-amz-json-1.1" }, body });
    const source = opened(stage);
    expect(await failed(source.fetch("shop/db", id))).toMatchObject({ code: "source-broken-answer" });
    expect(await failed(source.fetch("shop/db", null))).toMatchObject({ code: "source-broken-answer" });
  });

  it("one key of JSON is a field", () => {
    const { fieldOf } = openAws(
      { kind: "aws", region: "eu-central-1" } as SettingsOf<"aws">,
      { name: "AWS", credential: async () => "", now: () => new Date() },
      openReach({ allowsPrivateAddresses: false, authority: null }),
    );
    expect(fieldOf({ password: "one" }, "password")).toBe("one");
    expect(fieldOf({ password: "one" }, "user")).toBeUndefined();
  });
});

describe("paths", () => {
  it("an ARN leads to the secret, whole or without its ending, with a label too", async () => {
    const stage = await staged();
    const source = opened(stage);
    const first = await stage.put("shop/db", { password: "one" });
    const second = await stage.put("shop/db", { password: "two" });
    const arn = stage.secrets.arnOf("shop/db");
    expect(await source.versions(arn, null)).toMatchObject([{ id: second }]);
    expect(await source.versions(arn.slice(0, -7), null)).toMatchObject([{ id: second }]);
    expect(await source.versions(`${arn}#AWSPREVIOUS`, null)).toMatchObject([{ id: first }]);
  });

  const wrong = [
    "",
    "shop db",
    "shop/db#",
    "shop/db#AWS PENDING",
    "shop/db#AWSPENDING#x",
    "#AWSPENDING",
    "a".repeat(513),
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-a1b2c3",
    "arn:aws:ssm:eu-central-1:123456789012:parameter/shop",
    "shop/ö",
  ];
  it.each(wrong)("%j is refused beside its field, and not asked for", async (path) => {
    const stage = await staged();
    const source = opened(stage);
    expect(await failed(source.versions(path, null))).toMatchObject({ code: "invalid-input", field: "path" });
    expect(await failed(source.fetch(path, null))).toMatchObject({ code: "invalid-input", field: "path" });
    expect(stage.requests()).toEqual([]);
  });
});

describe("browsing", () => {
  it("shows what is directly below a folder, without what is to be deleted", async () => {
    const stage = await staged();
    for (const name of ["alone", "shop/db", "shop/mail", "shop/old", "shop/deep/er/key", "shopping", "/rooted"]) {
      await stage.put(name, { a: "b" });
    }
    await stage.remove("shop/old");
    const source = opened(stage);
    expect(await source.browse("")).toEqual({ names: ["/", "alone", "shop/", "shopping"], next: null });
    expect(await source.browse("shop/")).toEqual({ names: ["db", "deep/", "mail"], next: null });
    expect(await source.browse("shop")).toEqual({ names: ["db", "deep/", "mail"], next: null });
    expect(await source.browse("shop/deep/")).toEqual({ names: ["er/"], next: null });
    expect(await source.browse("nothing/")).toEqual({ names: [], next: null });
  });

  it("every name comes once, over as many pages as it takes, and no call asks more than five times", async () => {
    const stage = await staged();
    for (let at = 0; at < 700; at++) await stage.put(`big/${at}`, { a: "b" });
    for (let at = 0; at < 150; at++) await stage.put(`one${at}`, { a: "b" });
    const source = opened(stage);
    const names: string[] = [];
    let page: string | undefined;
    do {
      const before = stage.requests()?.length ?? 0;
      const listing = await source.browse("", page);
      expect((stage.requests()?.length ?? 0) - before).toBeLessThanOrEqual(5);
      names.push(...listing.names);
      page = listing.next ?? undefined;
    } while (page);
    expect(names).toHaveLength(151);
    expect(new Set(names).size).toBe(151);
    expect(names).toContain("big/");
  });

  it("a page that is none is refused", async () => {
    const stage = await staged();
    const source = opened(stage);
    for (const page of ["", "x", "big/:x", ":", "a:b c"]) {
      expect(await failed(source.browse("", page))).toMatchObject({ code: "invalid-input", field: "page" });
    }
    expect(await failed(source.browse("no such#folder"))).toMatchObject({ code: "invalid-input", field: "path" });
  });
});

describe("keys", () => {
  it("that were replaced in their file are read again, with one question more", async () => {
    const stage = await staged();
    const id = await stage.put("shop/db", { password: "one" });
    const source = opened(stage);
    expect(await source.versions("shop/db", null)).toMatchObject([{ id }]);
    stage.keys.renew();
    expect(await askedBy(stage, () => source.versions("shop/db", null))).toHaveLength(2);
    expect(await source.versions("shop/db", null)).toMatchObject([{ id }]);
    expect(await askedBy(stage, () => source.versions("shop/db", null))).toHaveLength(1);
  });

  it("that are refused and still the same are not tried twice", async () => {
    const stage = await staged();
    const file = stage.keys.file();
    stage.keys.renew();
    const source = opened(stage, { credential: file });
    expect(await askedBy(stage, () => source.versions("shop/db", null))).toHaveLength(1);
    const failure = await failed(source.versions("shop/db", null));
    expect(failure).toMatchObject({ code: "source-sign-in" });
    expect(failure.publicMessage).toContain("Renew the credential");
  });

  it("are taken from the section default, else the first, else from none", async () => {
    const stage = await staged();
    const id = await stage.put("shop/db", { password: "one" });
    const lines = stage.keys.file().split("\n").slice(1).join("\n");
    const others = "[other]\naws_access_key_id=AKIAOTHER\naws_secret_access_key=x\n";
    const files = [
      lines,
      `\uFEFF# a note\r\n[profile shop]\r\n${lines.replaceAll("\n", "\r\n")}`,
      `${others}\n[default]\n${lines}`,
      lines.replace("aws_access_key_id", "AWS_ACCESS_KEY_ID"),
    ];
    for (const credential of files) {
      expect(await opened(stage, { credential }).versions("shop/db", null)).toMatchObject([{ id }]);
    }
  });

  it.each([
    "",
    "AKIA only",
    "[default]\naws_access_key_id = AKIA",
    "[default]\naws_access_key_id = ä\naws_secret_access_key = x",
  ])("that are not in the file are missed in words: %j", async (credential) => {
    const stage = await staged();
    const failure = await failed(opened(stage, { credential }).versions("shop/db", null));
    expect(failure).toMatchObject({ code: "source-sign-in" });
    expect(failure.publicMessage).toContain("aws_keys");
    expect(stage.requests()).toEqual([]);
  });
});

describe("a role", () => {
  it("is assumed once for all calls, also those that come at the same time", async () => {
    const stage = await staged({ assumesRole: true });
    const id = await stage.put("shop/db", { password: "one" });
    const source = opened(stage);
    await Promise.all(Array.from({ length: 8 }, () => source.versions("shop/db", null)));
    expect(await source.versions("shop/db", null)).toMatchObject([{ id }]);
    expect(stage.requests()?.filter((request) => request.endsWith("sts.AssumeRole"))).toHaveLength(1);
  });

  it("is assumed again before its time is over", async () => {
    const stage = await staged({ assumesRole: true });
    await stage.put("shop/db", { password: "one" });
    let minutes = 0;
    const source = opened(stage, { now: () => new Date(Date.now() + minutes * 60_000) });
    await source.versions("shop/db", null);
    minutes = 54;
    expect(await askedBy(stage, () => source.versions("shop/db", null))).toEqual(["secretsmanager.DescribeSecret"]);
    minutes = 56;
    expect(await askedBy(stage, () => source.versions("shop/db", null))).toEqual([
      "sts.AssumeRole",
      "secretsmanager.DescribeSecret",
    ]);
  });

  it("whose session ended early is assumed once more", async () => {
    const stage = await staged({ assumesRole: true });
    const id = await stage.put("shop/db", { password: "one" });
    const source = opened(stage);
    await source.versions("shop/db", null);
    stage.keys.endSessions();
    expect(await source.versions("shop/db", null)).toMatchObject([{ id }]);
  });

  it("that the login may not assume is told as such", async () => {
    const stage = await staged();
    const role = { ...stage.role, externalId: "another" };
    const failure = await failed(opened(stage, { settings: { role } }).versions("shop/db", null));
    expect(failure).toMatchObject({ code: "source-forbidden" });
    expect(failure.publicMessage).toContain("sts:AssumeRole");
  });

  it("that is none is told as such", async () => {
    const stage = await staged();
    const role = { arn: "no role", externalId: null };
    const failure = await failed(opened(stage, { settings: { role } }).versions("shop/db", null));
    expect(failure).toMatchObject({ code: "source-sign-in" });
    expect(failure.publicMessage).toContain("ARN");
  });
});

describe("the machine's own login", () => {
  const settings = { login: { method: "machine" } } as const;

  async function ownKeys(stage: AwsStage) {
    const [, accessKeyId = "", secretAccessKey = ""] = /_id = (\S+)\n\S+ = (\S+)/.exec(stage.keys.file()) ?? [];
    return { accessKeyId, secretAccessKey };
  }

  it("is found once, and again when it is refused", async () => {
    const stage = await staged();
    const id = await stage.put("shop/db", { password: "one" });
    const machine = vi.fn(() => ownKeys(stage));
    const source = opened(stage, { settings, machine });
    await source.versions("shop/db", null);
    await source.versions("shop/db", null);
    expect(machine).toHaveBeenCalledTimes(1);
    expect(machine).toHaveBeenCalledWith("eu-central-1");
    stage.keys.renew();
    expect(await source.versions("shop/db", null)).toMatchObject([{ id }]);
    expect(machine).toHaveBeenCalledTimes(2);
  });

  it("is what the SDK's default chain finds, such as keys in the environment", async () => {
    for (const name of ["AWS_PROFILE", "AWS_SESSION_TOKEN"]) vi.stubEnv(name, undefined);
    endings.push(() => vi.unstubAllEnvs());
    const stage = await staged();
    const id = await stage.put("shop/db", { password: "one" });
    const { accessKeyId, secretAccessKey } = await ownKeys(stage);
    vi.stubEnv("AWS_ACCESS_KEY_ID", accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
    const source = opened(stage, { settings, machine: findMachineLogin });
    expect(await source.versions("shop/db", null)).toMatchObject([{ id }]);
  });

  it("that is not there is missed in words, and nothing of what the chain said is passed on", async () => {
    const stage = await staged();
    const machine = () => Promise.reject(Object.assign(new Error("canary"), { name: "canary", code: "canary" }));
    const failure = await failed(opened(stage, { settings, machine }).versions("shop/db", null));
    expect(failure).toMatchObject({ code: "source-sign-in" });
    expect(failure.publicMessage).toContain("Skep's machine has no login");
    expect(JSON.stringify(describeError(failure))).not.toContain("canary");
  });

  it("is not waited for without end", async () => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => timeout(milliseconds / 50));
    const stage = await staged();
    const machine = () => new Promise<never>(() => {});
    expect(await failed(opened(stage, { settings, machine }).versions("shop/db", null))).toMatchObject({
      code: "source-sign-in",
    });
  });
});

describe("the address", () => {
  /** A reach that goes nowhere, and the names that were to be reached. */
  function nowhere(): Reach & { names: string[] } {
    const names: string[] = [];
    const lookup: LookupFunction = (name, _options, callback) => {
      names.push(name);
      callback(Object.assign(new Error("nowhere"), { code: "ENOTFOUND" }), []);
    };
    return { names, plain: new Agent({ lookup }), tls: new TlsAgent({ lookup }), close() {} };
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
    endings.push(() => vi.unstubAllEnvs());
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
