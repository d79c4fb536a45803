import "server-only";
import { onTestFinished } from "vitest";
import { isAppError } from "#lib/errors.ts";
import { openAws } from "../aws.ts";
import type { FindMachineLogin } from "../aws-login.ts";
import type { Adapter } from "../contract.ts";
import type { SourceFailure } from "../failure.ts";
import { openReach, type Reach } from "../reach.ts";
import type { SettingsOf } from "../schema.ts";
import { type AwsStage, openAwsStage } from "./aws.ts";

export async function staged(options: Parameters<typeof openAwsStage>[0] = {}): Promise<AwsStage> {
  const stage = await openAwsStage(options);
  onTestFinished(() => stage.end());
  return stage;
}

type Changes = {
  settings?: Partial<SettingsOf<"aws">>;
  credential?: string;
  now?: () => Date;
  reach?: Reach;
  machine?: FindMachineLogin;
};

export function opened(stage: AwsStage, changes: Changes = {}): Adapter {
  const settings = { ...stage.settings, ...changes.settings };
  const reach = changes.reach ?? openReach({ ...settings, authority: null });
  onTestFinished(() => reach.close());
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
export async function askedBy<T>(stage: AwsStage, call: () => Promise<T>): Promise<string[]> {
  const before = stage.requests()?.length ?? 0;
  await call().catch(() => null);
  return (stage.requests() ?? []).slice(before).map((request) => request.replace(/^POST \/ /, ""));
}

export async function failed(call: Promise<unknown>): Promise<SourceFailure> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!isAppError(error)) throw new Error("this was to fail in words of Skep's own", { cause: error });
  return error as SourceFailure;
}

export async function textOf(source: Adapter, path: string, versionId: string | null): Promise<string> {
  const { payload } = await source.fetch(path, versionId);
  return payload.has === "bytes" ? payload.bytes.toString() : JSON.stringify(payload.fields);
}
