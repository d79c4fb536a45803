"use client";

import { usePathname, useRouter } from "next/navigation";
import { type ReactNode, useEffect, useRef } from "react";
import { usePlanDesk } from "./plan-desk.tsx";

/** Texts are taken a moment after the last key, so that the plan is there before a person reaches its button. */
const pauseMilliseconds = 600;

/** What changes the plan. Each choice goes into the address and the server makes the plan anew. */
export function OptionsForm({ children }: { children: ReactNode }) {
  const form = useRef<HTMLFormElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const sent = useRef<string | null>(null);
  const router = useRouter();
  const path = usePathname();
  const { isPending, start, isOver } = usePlanDesk();
  useEffect(() => () => clearTimeout(timer.current), []);
  const apply = () => {
    clearTimeout(timer.current);
    if (!form.current) return;
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form.current))
      if (typeof value === "string" && value) query.append(name, value);
    // What is not there was left empty by a person, not forgotten.
    query.append("asked", "1");
    if (sent.current === query.toString()) return;
    sent.current = query.toString();
    start(() => router.replace(`${path}?${query}`, { scroll: false }));
  };
  if (isOver) return null;
  return (
    <form
      ref={form}
      method="get"
      aria-busy={isPending}
      aria-label="What the plan is made of"
      className="grid gap-4 border-line border-t bg-sunk px-5 py-4 transition-opacity aria-busy:opacity-60"
      onChange={({ target }) => {
        clearTimeout(timer.current);
        if (isText(target)) timer.current = setTimeout(apply, pauseMilliseconds);
        else apply();
      }}
      onBlur={({ target }) => {
        if (isText(target) && target.value !== target.defaultValue) apply();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      {children}
    </form>
  );
}

function isText(target: EventTarget): target is HTMLInputElement | HTMLTextAreaElement {
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio"].includes(target.type);
}
