import Link from "next/link";
import type { ComponentProps, ReactNode } from "react";

type Look = {
  isPrimary?: boolean | undefined;
  isDanger?: boolean | undefined;
  /** One of many alike, such as one in each row: it shows its border only when it is pointed at. */
  isQuiet?: boolean | undefined;
};

const shape =
  "inline-flex min-h-[30px] select-none items-center justify-center gap-[7px] whitespace-nowrap rounded-[7px] border px-[11px] py-[4px] font-[530] transition-colors disabled:cursor-default disabled:opacity-55 aria-disabled:cursor-default aria-disabled:opacity-55 max-md:min-h-10";

/** A button that does something. While it is pending it keeps its width and the focus, says so, and cannot be pressed again. */
export function Button({
  isPrimary,
  isDanger,
  isPending,
  icon,
  children,
  ...button
}: ComponentProps<"button"> & Look & { isPending?: boolean | undefined; icon?: ReactNode }) {
  return (
    <button
      type="button"
      {...button}
      onClick={isPending ? (event) => event.preventDefault() : button.onClick}
      aria-disabled={isPending || undefined}
      aria-busy={isPending || undefined}
      className={`${shape} ${coloursOf({ isPrimary, isDanger })} ${button.className ?? ""}`}
    >
      {isPending ? <Spinner /> : icon}
      {children}
    </button>
  );
}

/** A link that looks like a button: it goes somewhere and changes nothing. Not fetched ahead: a plan is made of fresh reads. */
export function ButtonLink({
  isPrimary,
  isDanger,
  isQuiet,
  icon,
  children,
  ...link
}: ComponentProps<typeof Link> & Look & { icon?: ReactNode }) {
  return (
    <Link
      prefetch={false}
      {...link}
      className={`${shape} ${coloursOf({ isPrimary, isDanger, isQuiet })} ${link.className ?? ""}`}
    >
      {icon}
      {children}
    </Link>
  );
}

function Spinner() {
  return (
    <svg viewBox="0 0 16 16" className="size-[14px] animate-spin" fill="none" stroke="currentColor" aria-hidden="true">
      <path d="M8 2a6 6 0 1 1-6 6" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}

function coloursOf({ isPrimary, isDanger, isQuiet }: Look): string {
  if (isPrimary && isDanger) return "border-red bg-red text-panel enabled:hover:opacity-90";
  if (isPrimary) return "border-button bg-button text-on-button hover:opacity-90";
  if (isQuiet)
    return "border-transparent text-soft hover:border-line2 hover:bg-panel hover:text-ink max-md:border-line2 md:px-[7px]";
  if (isDanger) return "border-line2 bg-panel text-red hover:bg-red-bg";
  return "border-line2 bg-panel text-ink hover:bg-sunk";
}
