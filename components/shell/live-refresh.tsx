"use client";

import { unstable_isUnrecognizedActionError, usePathname } from "next/navigation";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { exactTime } from "#lib/words.ts";
import { ClockTime } from "../clock-time.tsx";

/** At most one refresh in this time, so that a busy Swarm does not keep a tab busy. */
const leastMilliseconds = 400;
/** A browser gives a refused stream up for ever: the database may be back by now, or the person signed in elsewhere. */
const againMilliseconds = 3000;
/** A restart of Skep takes less: what lasts longer is said in red, with its time. */
const silentMilliseconds = 6000;
/** Skep gives a sign of life every five seconds; after two that did not come it is taken for frozen. */
const beatMilliseconds = 12_000;
/** Skep ends each stream after a minute, and the browser opens the next one a second later: nobody has to see that. */
const nextMilliseconds = 2500;
/** Who says nothing for so long is not asked for a page. */
const answerMilliseconds = 3000;

/** A navigation throws away the refresh that is under way, and what it shows may have been made before. */
const navigationMilliseconds = 5000;

type Props = {
  revision: number;
  asOf: string | null;
  isSwarmThere: boolean;
  /** Brings the page as it is now; where nobody is signed in any more, or the database is away, it brings nothing. */
  refreshPage: () => Promise<string | null>;
};

/**
 * Follows the revision of what pages show and refreshes this one, from the revision on at which it was made: what
 * happens before the stream is open counts too. A hidden tab lets go of its connection.
 */
export function LiveRefresh({ revision, asOf, isSwarmThere, refreshPage }: Props) {
  const first = useRef(String(revision));
  const [isLive, setLive] = useState(false);
  const [silentSince, setSilentSince] = useState<string | null>(null);
  const path = usePathname();
  const shownPath = useRef(path);
  const toldAt = useRef(0);
  const refreshNow = useEffectEvent(() => refreshWith(refreshPage));

  useEffect(() => {
    if (shownPath.current === path) return;
    shownPath.current = path;
    if (Date.now() - toldAt.current > navigationMilliseconds) return;
    const timer = setTimeout(() => refreshNow(), leastMilliseconds);
    return () => clearTimeout(timer);
  }, [path]);

  useEffect(() => {
    if (isLive) return setSilentSince(null);
    const from = new Date().toISOString();
    const timer = setTimeout(() => setSilentSince(from), silentMilliseconds);
    return () => clearTimeout(timer);
  }, [isLive]);

  useEffect(() => {
    let source: EventSource | null = null;
    let seen = first.current;
    let timer: ReturnType<typeof setTimeout> | null = null;
    let again: ReturnType<typeof setTimeout> | undefined;
    let quiet: ReturnType<typeof setTimeout> | undefined;
    let isBetween = false;
    let isMissed = false;
    let isLeft = false;
    const heard = () => {
      isBetween = false;
      clearTimeout(quiet);
      setLive(true);
      quiet = setTimeout(() => setLive(false), beatMilliseconds);
    };
    const refresh = () => {
      // One at a time: what changes while the page is on its way is in the next one.
      if (timer) {
        isMissed = true;
        return;
      }
      timer = setTimeout(async () => {
        isMissed = false;
        // What did not come is fetched with the next first number, as what was missed between two streams is.
        if (!(await refreshNow())) seen = "";
        timer = null;
        if (isMissed && !isLeft) refresh();
      }, leastMilliseconds);
    };
    const close = () => {
      clearTimeout(again);
      clearTimeout(quiet);
      isBetween = false;
      source?.close();
      source = null;
    };
    const open = () => {
      if (source || document.hidden) return;
      source = new EventSource("/api/live");
      source.onopen = heard;
      source.addEventListener("beat", heard);
      source.onerror = () => {
        if (source?.readyState !== EventSource.CLOSED) {
          if (isBetween) return;
          isBetween = true;
          clearTimeout(quiet);
          quiet = setTimeout(() => setLive(false), nextMilliseconds);
          return;
        }
        setLive(false);
        close();
        // Whatever was missed meanwhile is fetched with the first number.
        seen = "";
        again = setTimeout(open, againMilliseconds);
      };
      source.onmessage = ({ data }: MessageEvent<string>) => {
        heard();
        if (seen !== data) {
          toldAt.current = Date.now();
          refresh();
        }
        seen = data;
      };
    };
    const turn = () => (document.hidden ? close() : open());
    open();
    document.addEventListener("visibilitychange", turn);
    return () => {
      isLeft = true;
      document.removeEventListener("visibilitychange", turn);
      if (timer) clearTimeout(timer);
      close();
    };
  }, []);

  if (silentSince !== null) {
    return (
      <span role="status" className="flex items-center gap-1.5 whitespace-nowrap text-red">
        <i className="size-[7px] rounded-full bg-red" aria-hidden="true" />
        <span>
          Disconnected since <ClockTime at={silentSince} />
        </span>
      </span>
    );
  }
  const word = isSwarmThere ? "Live" : "Not live";
  return (
    <span
      role="status"
      title={asOf === null ? undefined : `The Swarm as of ${exactTime(asOf)}`}
      className="flex items-center gap-1.5 whitespace-nowrap text-faint"
    >
      <i className={`size-[7px] rounded-full ${isLive && isSwarmThere ? "bg-green" : "bg-faint"}`} aria-hidden="true" />
      {isLive ? word : "Connecting"}
    </span>
  );
}

/**
 * Not by the router's own refresh: that shows whatever comes, a redirect to the sign-in too, and of what does not come it
 * makes a load of the page. An action whose answer brings no page leaves the one in sight as it is, with its form.
 */
async function refreshWith(refreshPage: Props["refreshPage"]): Promise<boolean> {
  try {
    // An action has no limit of time, and a form that she sends would wait behind it.
    await fetch("/api/health", { cache: "no-store", signal: AbortSignal.timeout(answerMilliseconds) });
    return (await refreshPage()) === null;
  } catch (error) {
    // Another build of Skep answers, and knows none of the forms of this page.
    if (unstable_isUnrecognizedActionError(error)) location.reload();
    return false;
  }
}
