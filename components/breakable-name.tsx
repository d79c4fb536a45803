import { Fragment } from "react";
import { Mono } from "./mono.tsx";

/** Where there is little room, a name goes on in the next line after one of its own separators. */
export function BreakableName({ name }: { name: string }) {
  return (
    <Mono>
      {partsOf(name).map(({ text, at }) => (
        <Fragment key={at}>
          {text}
          <wbr />
        </Fragment>
      ))}
    </Mono>
  );
}

function partsOf(name: string): { text: string; at: number }[] {
  return [...name.matchAll(/[^_.-]*[_.-]*/g)].map(({ 0: text, index }) => ({ text, at: index }));
}
