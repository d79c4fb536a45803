import "server-only";
import { onTestFinished } from "vitest";
import type { Payload } from "../contract.ts";
import { isSourceFailure, type SourceFailure, type SourceReason } from "../failure.ts";
import { openReach } from "../reach.ts";
import type { SettingsOf } from "../schema.ts";
import { openVault } from "../vault.ts";
import { openVaultDouble, type VaultDoubleOptions } from "./vault.ts";

type Changes = Partial<SettingsOf<"vault">> & { authority?: string };

/** A Vault as a double, the adapter on it, and a clock that moves when the test says so. It ends with its test. */
export async function opened(options: VaultDoubleOptions = {}, { authority, ...changes }: Changes = {}) {
  let at = Date.parse("2026-05-09T12:00:00Z");
  const now = () => new Date(at);
  const double = await openVaultDouble({ now, ...options });
  const reach = openReach({ allowsPrivateAddresses: true, authority: authority ?? null });
  const surroundings = { name: "shop-vault", credential: double.credential, now };
  const source = openVault({ ...double.settings, ...changes }, surroundings, reach);
  onTestFinished(async () => {
    reach.close();
    await double.end();
  });
  const pass = (seconds: number) => {
    at += seconds * 1000;
  };
  const close = async () => {
    await source.close();
    reach.close();
  };
  const asked = (part: string) => double.node.answered.filter((request) => request.includes(part)).length;
  return { double, source, pass, asked, close };
}

export function fieldsOf({ payload }: { payload: Payload }) {
  return payload.has === "fields" ? payload.fields : null;
}

export async function failureOf(work: Promise<unknown>): Promise<SourceFailure> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!isSourceFailure(error)) throw new Error("There was no failure of a source.", { cause: error });
  return error;
}

export async function reasonOf(work: Promise<unknown>): Promise<SourceReason> {
  return (await failureOf(work)).reason;
}
