"use client";

import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./button.tsx";

/** Copies a text that may be copied: names, lines for a stack file, links. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [state, setState] = useState<"idle" | "copied" | "refused">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 2_000);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () =>
    navigator.clipboard
      .writeText(text)
      .then(() => setState("copied"))
      .catch(() => setState("refused"));
  return (
    <Button onClick={copy} icon={state === "copied" ? <Check /> : <Copy />}>
      <span aria-live="polite">
        {state === "copied" ? "Copied" : state === "refused" ? "Select it and copy" : label}
      </span>
    </Button>
  );
}
