import type { ReactNode } from "react";
import { Mono } from "#components/mono.tsx";

/** One line of a list of servers outside: what it is, what hangs on it, how it is, what can be done; more below. */
export function OutsideEntry({
  name,
  text,
  use,
  state,
  change,
  children,
}: {
  name: string;
  text: string;
  use: string;
  state: ReactNode;
  change: ReactNode;
  children: ReactNode;
}) {
  return (
    <li className="grid gap-1.5 px-4 py-2.5">
      <div className="flex min-w-0 flex-wrap items-center gap-x-4 gap-y-1">
        <div className="min-w-0 flex-1 basis-60">
          <p className="font-medium [overflow-wrap:anywhere]">
            <Mono>{name}</Mono>
          </p>
          <p className="text-faint text-small [overflow-wrap:anywhere]">{text}</p>
        </div>
        <p className="w-32 text-soft">{use}</p>
        <p className="w-36">{state}</p>
        {change}
      </div>
      {children}
    </li>
  );
}
