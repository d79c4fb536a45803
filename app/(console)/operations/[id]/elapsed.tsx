"use client";

import { useNow } from "#components/ago.tsx";
import { elapsed, exactTime } from "#lib/words.ts";

/** How long it took, or takes: counted on while there is no end. The exact times on hover. */
export function Elapsed({ from, to }: { from: string; to: string | null }) {
  const now = useNow(1_000);
  const seconds = ((to ? Date.parse(to) : (now ?? Date.parse(from))) - Date.parse(from)) / 1000;
  // What is counted on goes by whole seconds.
  const shown = to ? seconds : Math.floor(seconds);
  const exact = [from, to].flatMap((at) => (at ? exactTime(at) : [])).join(" to ");
  return (
    <span title={exact} className="num whitespace-nowrap">
      {elapsed(Math.max(0, shown))}
    </span>
  );
}

/** The seconds until a time, then nothing. */
export function Remaining({ until }: { until: string }) {
  const now = useNow(1_000);
  if (now === null) return null;
  const seconds = Math.ceil((Date.parse(until) - now) / 1000);
  return seconds > 0 ? <span className="num"> {seconds} s</span> : null;
}
