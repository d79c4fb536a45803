"use client";

import { Dialog as Base } from "@base-ui/react/dialog";
import { useRouter } from "next/navigation";
import { useState } from "react";
import type { Role } from "#lib/policy/schema.ts";
import { Button } from "../button.tsx";
import { useShortcut } from "./use-shortcut.ts";

const keys = [
  ["N", "New secret"],
  ["/", "Search this list"],
  ["J or ↓, K or ↑", "Next row, previous row"],
  ["Enter", "Open the row"],
  ["Space, Shift + Space", "Select the row, or all up to it"],
  ["R", "Rotate what is selected"],
  ["Esc", "Select nothing"],
  ["?", "These keys"],
] as const;

/** The keys that hold on every page. "?" says which. */
export function Shortcuts({ role }: { role: Role }) {
  const router = useRouter();
  const [isOpen, setOpen] = useState(false);
  const canCreate = role === "operator" || role === "administrator";
  useShortcut("n", () => canCreate && router.push("/secrets/new"));
  useShortcut("?", () => setOpen(true));
  return (
    <Base.Root open={isOpen} onOpenChange={setOpen}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-veil" />
        <Base.Popup className="fixed inset-x-0 bottom-0 z-50 mx-auto w-full max-w-sm rounded-t-card border border-line bg-panel p-4 shadow-card md:top-1/2 md:bottom-auto md:-translate-y-1/2 md:rounded-card">
          <Base.Title className="text-title">Keys</Base.Title>
          <dl className="my-3 grid grid-cols-[8rem_1fr] gap-y-2">
            {keys.map(([key, does]) => (
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
