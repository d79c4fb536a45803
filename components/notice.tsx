import type { ReactNode } from "react";
import type { Tone } from "./status.tsx";

const colours: Record<Tone, string> = {
  green: "border-green/25 bg-green-bg text-green",
  red: "border-red/25 bg-red-bg text-red",
  honey: "border-honey-line bg-honey-bg text-honey",
  blue: "border-blue/25 bg-blue-bg text-blue",
  neutral: "border-line bg-sunk text-soft",
};

/** A sentence that a person should not miss. */
export function Notice({ tone, icon, children }: { tone: Tone; icon?: ReactNode; children: ReactNode }) {
  return (
    <div className={`flex items-start gap-2.5 rounded-lg border px-3.5 py-2.5 [&_svg]:mt-[2px] ${colours[tone]}`}>
      {icon}
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  );
}
