"use client";

import { useSyncExternalStore } from "react";
import { CopyField } from "#components/copy-field.tsx";

/** A link that is shown in this one answer. Only the browser knows the name under which Skep is reached. */
export function LinkOnce({ path, sentence }: { path: string; sentence: string }) {
  const origin = useSyncExternalStore(
    () => () => undefined,
    () => window.location.origin,
    () => "",
  );
  return <CopyField label={sentence} text={`${origin}${path}`} />;
}
