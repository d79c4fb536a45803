import { CopyButton } from "./copy-button.tsx";

/** Lines to copy, under a title that says where they go. */
export function CodeBlock({ title, text }: { title: string; text: string }) {
  return (
    <figure className="overflow-hidden rounded-lg border border-line">
      <figcaption className="flex min-h-[41px] items-center justify-between gap-3 px-3.5 py-1.5">
        <span className="font-semibold">{title}</span>
        <CopyButton text={text} />
      </figcaption>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        tabIndex={0}
        className="overflow-x-auto border-line border-t bg-sunk px-3.5 py-3 font-mono text-soft leading-[1.55]"
      >
        {text}
      </pre>
    </figure>
  );
}
