import type { ReactNode } from "react";
import { octal } from "#lib/words.ts";

/** A name of the Swarm's: secret, service, file. */
export function Mono({ children }: { children: ReactNode }) {
  return <code>{children}</code>;
}

/** A file in a container; where there is little room, its name goes below its folder. */
export function FilePath({ path }: { path: string }) {
  const at = path.lastIndexOf("/") + 1;
  return (
    <code>
      {path.slice(0, at)}
      <wbr />
      {path.slice(at)}
    </code>
  );
}

/** A file mode, in octal as everywhere: 292 is 0444. */
export function Mode({ mode }: { mode: number }) {
  return <code>{octal(mode)}</code>;
}

/** A sentence with `commands` in it, and names that whoever shows it knows of, set apart as such. */
export function Sentence({ text, names = [] }: { text: string; names?: readonly string[] }) {
  return text.split("`").map((part, place) => {
    const key = `${place} ${part}`;
    return place % 2 === 1 ? <code key={key}>{part}</code> : <Named key={key} text={part} names={names} />;
  });
}

/** The longest names first, and only where a name begins and ends: `db` is not part of `db_password`. */
function Named({ text, names }: { text: string; names: readonly string[] }) {
  if (names.length === 0) return text;
  const longestFirst = [...names]
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const parts = text.split(new RegExp(`(?<![\\w.-])(${longestFirst.join("|")})(?![\\w-]|\\.\\w)`));
  return parts.map((part, place) => {
    const key = `${place} ${part}`;
    return place % 2 === 1 ? <code key={key}>{part}</code> : part;
  });
}

/** A sentence of the history or of a finding, its names set apart. */
export function Parts({
  parts,
}: {
  parts: readonly { text: string; isName: boolean; isActor?: boolean | undefined }[];
}) {
  return parts.map(({ text, isName, isActor }, place) => {
    const key = `${place} ${text}`;
    if (isName) return <code key={key}>{text}</code>;
    if (isActor) {
      return (
        <b key={key} className="font-[550]">
          {text}
        </b>
      );
    }
    return <span key={key}>{text}</span>;
  });
}
