import type { Tone } from "./status.tsx";

const fills: Record<Tone, string> = {
  green: "fill-green",
  red: "fill-red",
  honey: "fill-honey",
  blue: "fill-blue",
  neutral: "fill-faint",
};

/** How much of a whole there is. Drawn, because a strict policy lets no inline style through. */
export function Bar({ value, of, tone = "neutral", label }: { value: number; of: number; tone?: Tone; label: string }) {
  const share = of > 0 ? Math.max(0, Math.min(1, value / of)) : 0;
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox="0 0 100 4"
      preserveAspectRatio="none"
      className="h-[5px] w-full overflow-hidden rounded-full"
    >
      <rect width="100" height="4" className="fill-grey-bg" />
      <rect width={share * 100} height="4" className={fills[tone]} />
    </svg>
  );
}
