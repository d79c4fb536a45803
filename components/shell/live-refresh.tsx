"use client";

import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";

/** At most one refresh in this time, so that a busy Swarm does not keep a tab busy. */
const leastMilliseconds = 400;

/** Follows the revision of what pages show and refreshes this one. A hidden tab lets go of its connection. */
export function LiveRefresh() {
  const router = useRouter();
  const [isLive, setLive] = useState(false);

  useEffect(() => {
    let source: EventSource | null = null;
    let seen: string | null = null;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const refresh = () => {
      timer ??= setTimeout(() => {
        timer = null;
        router.refresh();
      }, leastMilliseconds);
    };
    const close = () => {
      source?.close();
      source = null;
    };
    const open = () => {
      if (source || document.hidden) return;
      source = new EventSource("/api/live");
      source.onopen = () => setLive(true);
      source.onerror = () => setLive(false);
      source.onmessage = ({ data }: MessageEvent<string>) => {
        if (seen !== null && seen !== data) refresh();
        seen = data;
      };
    };
    const turn = () => (document.hidden ? close() : open());
    open();
    document.addEventListener("visibilitychange", turn);
    return () => {
      document.removeEventListener("visibilitychange", turn);
      if (timer) clearTimeout(timer);
      close();
    };
  }, [router]);

  return (
    <span role="status" className="flex items-center gap-1.5 whitespace-nowrap text-faint">
      <i className={`size-[7px] rounded-full ${isLive ? "bg-green" : "bg-faint"}`} aria-hidden="true" />
      {isLive ? "Live" : "Connecting"}
    </span>
  );
}
