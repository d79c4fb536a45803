import type { ReactNode } from "react";

/** What the fields of a kind get: what was entered, else what is set, and what is wrong with it. */
export type KindFields = {
  textOf: (name: string, usual?: string) => string;
  errorOf: (name: string) => string | undefined;
};

export function Row({ children }: { children: ReactNode }) {
  return <div className="grid gap-4 sm:grid-cols-2">{children}</div>;
}
