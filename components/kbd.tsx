import type { ReactNode } from "react";

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="rounded border border-line2 px-[5px] font-sans text-[11px] text-faint max-md:hidden">
      {children}
    </kbd>
  );
}
