import type { ComponentProps } from "react";

/** A filter that is on or off. It says so to those who hear the page, too. */
export function Chip({
  isOn,
  count,
  children,
  ...button
}: ComponentProps<"button"> & { isOn: boolean; count?: number }) {
  return (
    <button
      type="button"
      {...button}
      aria-pressed={isOn}
      className="inline-flex min-h-[26px] items-center gap-1.5 whitespace-nowrap rounded-full border border-line bg-panel px-2.5 text-soft transition-colors hover:border-line2 hover:text-ink aria-pressed:border-honey-line aria-pressed:bg-honey-bg aria-pressed:font-[550] aria-pressed:text-honey max-md:min-h-9"
    >
      {children}
      {count !== undefined && <span className="num">{count.toLocaleString("en")}</span>}
    </button>
  );
}
