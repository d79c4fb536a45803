import type { ReactNode } from "react";

export function Card({ children, className = "" }: { children: ReactNode; className?: string }) {
  return (
    <div className={`overflow-hidden rounded-card border border-line bg-panel shadow-card ${className}`}>
      {children}
    </div>
  );
}

/** The first line of a card: what it holds, and at the right what there is to say or do about all of it. */
export function CardHeader({ title, children }: { title: ReactNode; children?: ReactNode }) {
  return (
    <div className="flex min-h-[41px] items-center justify-between gap-4 px-[14px] py-2">
      <h2>{title}</h2>
      <div className="flex items-center gap-2 text-soft">{children}</div>
    </div>
  );
}
