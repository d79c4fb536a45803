"use client";

import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";

/** Something small, asked in front of the page. On a phone it is a sheet from below. */
export function Dialog({
  trigger,
  triggerLabel,
  isPrimary,
  isDanger,
  title,
  sentence,
  children,
}: {
  trigger: ReactNode;
  triggerLabel?: string;
  isPrimary?: boolean;
  isDanger?: boolean;
  title: ReactNode;
  sentence?: ReactNode;
  children: ReactNode;
}) {
  return (
    <Base.Root>
      <Base.Trigger render={<Button isPrimary={isPrimary} isDanger={isDanger} aria-label={triggerLabel} />}>
        {trigger}
      </Base.Trigger>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-veil transition-opacity duration-150 data-[ending-style]:opacity-0 data-[starting-style]:opacity-0" />
        <Base.Popup className="fixed inset-x-0 bottom-0 z-50 mx-auto max-h-[90dvh] w-full max-w-lg overflow-y-auto rounded-t-card border border-line bg-panel shadow-card transition duration-150 data-[ending-style]:translate-y-2 data-[starting-style]:translate-y-2 data-[ending-style]:opacity-0 data-[starting-style]:opacity-0 md:top-1/2 md:bottom-auto md:-translate-y-1/2 md:rounded-card">
          <div className="flex items-start justify-between gap-3 px-4 pt-3.5">
            <div>
              <Base.Title className="text-title">{title}</Base.Title>
              {sentence && <Base.Description className="text-soft">{sentence}</Base.Description>}
            </div>
            <Base.Close
              aria-label="Close"
              className="grid size-8 place-items-center rounded-md text-soft hover:bg-sunk hover:text-ink"
            >
              <X />
            </Base.Close>
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
