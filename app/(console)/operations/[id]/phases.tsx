import type { PhaseView } from "#lib/operations/schema.ts";

const lines: Record<PhaseView["state"], string> = {
  ahead: "border-line2 text-faint",
  now: "border-honey",
  done: "border-green text-soft",
  failed: "border-red",
};
const words: Record<PhaseView["state"], string> = { ahead: "ahead", now: "now", done: "done", failed: "failed" };

/** The operation from left to right: what is done, what is now, what is ahead. */
export function Phases({ phases }: { phases: readonly PhaseView[] }) {
  return (
    <ol className="mb-[18px] grid gap-1.5 md:auto-cols-fr md:grid-flow-col">
      {phases.map(({ name, state, detail }) => (
        <li
          key={name}
          aria-current={state === "now" ? "step" : undefined}
          className={`border-l-3 pl-3 md:border-t-3 md:border-l-0 md:pt-2 md:pl-0 ${lines[state]}`}
        >
          <span className={state === "now" ? "font-[550]" : ""}>{name}</span>
          <span className="sr-only"> ({words[state]})</span>
          <span className="block text-soft">{detail}</span>
        </li>
      ))}
    </ol>
  );
}
