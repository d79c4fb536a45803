"use client";

import { type ReactNode, useEffect, useState } from "react";

/** What most people leave as it is: folded, with what holds now beside its title. */
export function Disclosure({
  title,
  now,
  isOpen = false,
  children,
}: {
  title: ReactNode;
  /** What holds as long as nobody opens it. */
  now?: ReactNode;
  /** Something in it needs a look: it opens, and closes only by hand. */
  isOpen?: boolean;
  children: ReactNode;
}) {
  const [open, setOpen] = useState(isOpen);
  useEffect(() => {
    if (isOpen) setOpen(true);
  }, [isOpen]);
  return (
    <details
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="group rounded-lg border border-line bg-panel"
    >
      <summary className="flex min-h-9 cursor-pointer flex-wrap items-center gap-x-2.5 gap-y-0.5 px-3 py-1.5 max-md:min-h-11">
        <span aria-hidden="true" className="text-faint transition-transform group-open:rotate-90">
          ›
        </span>
        <span className="font-medium">{title}</span>
        {now && <span className="text-soft">{now}</span>}
      </summary>
      <div className="grid gap-4 border-line border-t px-3 py-3.5">{children}</div>
    </details>
  );
}
