import type { ReactNode } from "react";

/** The one thing on a page of somebody who is not in yet. */
export function AuthCard({ title, sentence, children }: { title: string; sentence: ReactNode; children?: ReactNode }) {
  return (
    <div className="grid gap-5">
      <div className="grid gap-1">
        <h1 className="text-title">{title}</h1>
        {sentence && <p className="text-soft">{sentence}</p>}
      </div>
      {children}
    </div>
  );
}
