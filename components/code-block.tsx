import { CopyButton } from "./copy-button.tsx";

/** Lines to copy, under a title that says where they go. */
export function CodeBlock({ title, text, marked = [] }: { title: string; text: string; marked?: readonly string[] }) {
  return (
    <figure className="overflow-hidden rounded-lg border border-line print:overflow-visible">
      <figcaption className="flex min-h-[41px] items-center justify-between gap-3 px-3.5 py-1.5">
        <span className="font-semibold">{title}</span>
        <span className="print:hidden">
          <CopyButton text={text} />
        </span>
      </figcaption>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        tabIndex={0}
        className="overflow-x-auto border-line border-t print:overflow-visible print:whitespace-pre-wrap print:wrap-anywhere bg-sunk px-3.5 py-3 font-mono text-soft leading-[1.55]"
      >
        {text
          .trimEnd()
          .split("\n")
          .map((line, place) => {
            const key = `${place} ${line}`;
            return <Line key={key} line={line} marked={marked} />;
          })}
      </pre>
    </figure>
  );
}

/** A line that ends in what is marked shows it in the accent. */
function Line({ line, marked }: { line: string; marked: readonly string[] }) {
  const found = marked.find((text) => line === text || line.endsWith(` ${text}`));
  if (!found) return `${line}\n`;
  return (
    <>
      {line.slice(0, -found.length)}
      <span className="text-honey">{found}</span>
      {"\n"}
    </>
  );
}
