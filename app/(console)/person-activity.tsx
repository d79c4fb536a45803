"use client";

import { useEffect } from "react";

const everyMilliseconds = 60_000;
const doings = ["keydown", "pointerdown", "wheel", "touchstart"] as const;

/** Tells Skep that somebody is really there, at most once a minute. What pages fetch on their own does not count. */
export function PersonActivity() {
  useEffect(() => {
    const ending = new AbortController();
    let toldAt = Number.NEGATIVE_INFINITY;
    const tell = (event: Event) => {
      const now = performance.now();
      if (!event.isTrusted || now - toldAt < everyMilliseconds) return;
      toldAt = now;
      fetch("/api/activity", { method: "POST", keepalive: true }).catch(() => undefined);
    };
    for (const doing of doings) {
      window.addEventListener(doing, tell, { passive: true, capture: true, signal: ending.signal });
    }
    return () => ending.abort();
  }, []);
  return null;
}
