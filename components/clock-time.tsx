"use client";

import { useEffect, useState } from "react";

/** The exact time of day, in the reader's own zone once the page is alive; the date joins it when it is not today. */
export function ClockTime({ at }: { at: string }) {
  const [isAlive, setAlive] = useState(false);
  useEffect(() => setAlive(true), []);
  return (
    <time dateTime={at} title={at} suppressHydrationWarning className="num whitespace-nowrap">
      {isAlive ? localText(new Date(at), new Date()) : at.slice(11, 19)}
    </time>
  );
}

function localText(at: Date, now: Date): string {
  const time = at.toLocaleTimeString("en-GB");
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${time}`;
}
