"use client";

import { CopyField } from "#components/copy-field.tsx";

/** A link that is shown in this one answer. The browser knows the name under which Skep is reached; the server only guesses. */
export function LinkOnce({ path, sentence }: { path: string; sentence: string }) {
  return <CopyField label={sentence} text={new URL(path, window.location.origin).href} />;
}
