"use client";

import { useEffect, useState } from "react";
import { exactTime } from "#lib/words.ts";

/** A time as a person says it, the exact one on hover. It counts on by itself. */
export function Ago({ at }: { at: string }) {
  const now = useNow(10_000);
  return (
    <time dateTime={at} title={exactTime(at)} suppressHydrationWarning className="num whitespace-nowrap">
      {agoText(at, now ?? Date.now())}
    </time>
  );
}

/** The same on a page that is printed: on paper nothing counts on, and nobody hovers. */
export function AgoOrExact({ at }: { at: string }) {
  return (
    <>
      <span className="print:hidden">
        <Ago at={at} />
      </span>
      <time dateTime={at} className="num hidden print:inline">
        at {exactTime(at)}
      </time>
    </>
  );
}

/** A time to come as a clock says it: "tomorrow 12:03", the exact one on hover. */
export function Until({ at }: { at: string }) {
  const now = useNow(60_000);
  return (
    <time dateTime={at} title={exactTime(at)} suppressHydrationWarning className="num whitespace-nowrap">
      {untilText(at, now ?? Date.now())}
    </time>
  );
}

/** In the reader's own time zone: "12:03", "tomorrow 12:03", "2026-05-09 12:03". */
export function untilText(at: string, now: number): string {
  const then = new Date(at);
  const clock = `${twoDigits(then.getHours())}:${twoDigits(then.getMinutes())}`;
  const days = [dayOf(new Date(now)), dayOf(nextDay(now))];
  const place = days.indexOf(dayOf(then));
  if (place === 0) return clock;
  return place === 1 ? `tomorrow ${clock}` : `${dayOf(then)} ${clock}`;
}

function dayOf(date: Date): string {
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(twoDigits).join("-");
}

function nextDay(now: number): Date {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1);
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}

/** The present, again every so often; null until the page is alive. */
export function useNow(everyMilliseconds: number): number | null {
  const [now, setNow] = useState<number | null>(null);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMilliseconds);
    return () => clearInterval(timer);
  }, [everyMilliseconds]);
  return now;
}

const steps: [limitSeconds: number, unitSeconds: number, unit: string][] = [
  [60, 1, "s"],
  [3_600, 60, "min"],
  [86_400, 3_600, "h"],
  [86_400 * 730, 86_400, "d"],
];

/** "12 d ago", "in 3 h", "just now". */
export function agoText(at: string, now: number): string {
  const seconds = Math.round((now - Date.parse(at)) / 1000);
  const distance = Math.abs(seconds);
  if (distance < 5) return "just now";
  const [, unitSeconds, unit] = steps.find(([limit]) => distance < limit) ?? [0, 86_400 * 365.25, "y"];
  const amount = `${Math.floor(distance / unitSeconds)} ${unit}`;
  return seconds < 0 ? `in ${amount}` : `${amount} ago`;
}
