import { type ReactNode, useId } from "react";

/** A titled part of a page, with a sentence that says what it is for. */
export function Section({ title, sentence, children }: { title: string; sentence?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="overflow-hidden rounded-card border border-line bg-panel shadow-card">
      <div className="grid gap-0.5 border-line border-b px-4 py-3">
        <h2 id={id}>{title}</h2>
        {sentence && <p className="text-soft">{sentence}</p>}
      </div>
      {children}
    </section>
  );
}
