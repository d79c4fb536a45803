"use client";

import { Dialog as Base } from "@base-ui/react/dialog";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "../button.tsx";
import { useShortcut } from "./use-shortcut.ts";

/** `isForWriters`: what only those may who can make a secret. */
const keys = [
  { key: "N", does: "New secret", isForWriters: true },
  { key: "/", does: "Search this list" },
  { key: "J or ↓, K or ↑", does: "Next row, previous row" },
  { key: "Enter", does: "Open the row" },
  { key: "Space, Shift + Space", does: "In the list of secrets: select the row, or all up to it", isForWriters: true },
  { key: "R", does: "Rotate what is selected", isForWriters: true },
  { key: "Esc", does: "Select nothing", isForWriters: true },
  { key: "?", does: "These keys" },
];

/** The keys that hold on every page, or in every list. "?" says which. */
export function Shortcuts({ mayCreate }: { mayCreate: boolean }) {
  const router = useRouter();
  const [isOpen, setOpen] = useState(false);
  const own = keys.filter(({ isForWriters }) => mayCreate || !isForWriters);
  useShortcut("n", () => mayCreate && router.push("/secrets/new"));
  useShortcut("?", () => setOpen(true));
  return (
    <Base.Root open={isOpen} onOpenChange={setOpen}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-veil" />
        <Base.Popup className="fixed inset-x-0 bottom-0 z-50 mx-auto w-full max-w-sm rounded-t-card border border-line bg-panel p-4 shadow-card md:top-1/2 md:bottom-auto md:-translate-y-1/2 md:rounded-card">
          <Base.Title className="text-title">Keys</Base.Title>
          <dl className="my-3 grid grid-cols-[8rem_1fr] gap-y-2">
            {own.map(({ key, does }) => (
              <div key={key} className="contents">
                <dt className="text-soft">{key}</dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
          <Base.Close render={<Button />}>Close</Base.Close>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
