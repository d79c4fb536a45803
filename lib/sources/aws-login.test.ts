import { describe, expect, it, onTestFinished, vi } from "vitest";
import { describeError } from "#lib/log.ts";
import { findMachineLogin } from "./aws-login.ts";
import type { AwsStage } from "./doubles/aws.ts";
import { askedBy, failed, opened, staged } from "./doubles/aws-scene.ts";

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
    onTestFinished(() => void vi.unstubAllEnvs());
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
    onTestFinished(() => void vi.restoreAllMocks());
    vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => timeout(milliseconds / 50));
    const stage = await staged();
    const machine = () => new Promise<never>(() => {});
    expect(await failed(opened(stage, { settings, machine }).versions("shop/db", null))).toMatchObject({
      code: "source-sign-in",
    });
  });
});
