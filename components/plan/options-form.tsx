"use client";

import { usePathname, useRouter } from "next/navigation";
import { type ReactNode, useRef, useTransition } from "react";

/** What changes the plan. Each choice goes into the address and the server makes the plan anew. */
export function OptionsForm({ children }: { children: ReactNode }) {
  const form = useRef<HTMLFormElement>(null);
  const router = useRouter();
  const path = usePathname();
  const [isPending, start] = useTransition();
  const apply = () => {
    if (!form.current) return;
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form.current))
      if (typeof value === "string" && value) query.append(name, value);
    start(() => router.replace(`${path}?${query}`, { scroll: false }));
  };
  return (
    <form
      ref={form}
      method="get"
      aria-busy={isPending}
      aria-label="What the plan is made of"
      className="grid gap-4 border-line border-t bg-sunk px-5 py-4 transition-opacity aria-busy:opacity-60"
      onChange={({ target }) => {
        if (!isText(target)) apply();
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

/** Texts are taken when they are finished, choices at once. */
function isText(target: EventTarget): target is HTMLInputElement | HTMLTextAreaElement {
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio"].includes(target.type);
}
