import type { ReactNode } from "react";

export type Tone = "green" | "red" | "honey" | "blue" | "neutral";

const colours: Record<Tone, string> = {
  green: "bg-green-bg text-green",
  red: "bg-red-bg text-red",
  honey: "bg-honey-bg text-honey",
  blue: "bg-blue-bg text-blue",
  neutral: "bg-grey-bg text-soft",
};

/** A status is an icon and a word, never a colour alone. */
export function Status({ tone, icon, children }: { tone: Tone; icon: ReactNode; children: ReactNode }) {
  return (
    <span
      title={typeof children === "string" ? children : undefined}
      className={`inline-flex max-w-full items-center align-middle gap-1.5 whitespace-nowrap rounded-[5px] py-px pr-[7px] pl-[5px] font-[530] text-[12px] ${colours[tone]} [&_svg]:size-[13px]`}
    >
      <span aria-hidden="true" className="contents">
        {icon}
      </span>
      <span className="truncate">{children}</span>
    </span>
  );
}
