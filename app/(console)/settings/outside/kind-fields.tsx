import type { ReactNode } from "react";
import type { FormState } from "#lib/auth/schema.ts";

/** What the fields of a kind get: what was entered, else what is set, and what is wrong with it. */
export type KindFields = {
  textOf: (name: string, usual?: string) => string;
  isTicked: (name: string, usual?: boolean) => boolean;
  errorOf: (name: string) => string | undefined;
};

/** `set` is what the settings say, field by field; null where there are none yet. */
export function kindFields(state: FormState, set: Record<string, string> | null): KindFields {
  // Only what was entered counts once something was: a tick that was taken away is not sent.
  const ticks = Object.keys(state.fields).length > 0 ? state.fields : set;
  return {
    textOf: (name, usual = "") => state.fields[name] ?? set?.[name] ?? usual,
    isTicked: (name, usual = false) => (ticks ? ticks[name] === "true" : usual),
    errorOf: (name) => state.fieldErrors[name],
  };
}

export function Row({ children }: { children: ReactNode }) {
  return <div className="grid gap-4 sm:grid-cols-2">{children}</div>;
}
