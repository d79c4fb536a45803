import type { ReactNode } from "react";

export function Tag({ children }: { children: ReactNode }) {
  return (
    <span className="inline-block whitespace-nowrap rounded-full border border-line px-2 text-[12px] text-soft">
      {children}
    </span>
  );
}
