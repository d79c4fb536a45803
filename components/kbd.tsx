import type { ReactNode } from "react";

/** A key that does this as well; whoever hears the page is told by the list of keys instead. */
export function Kbd({ children }: { children: ReactNode }) {
  return (
    <span aria-hidden="true" className="contents">
      <kbd className="rounded border border-current/30 px-[5px] font-sans text-[11px] text-current opacity-70 max-md:hidden">
        {children}
      </kbd>
    </span>
  );
}
