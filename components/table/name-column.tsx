import { Fragment } from "react";
import { Mono } from "../mono.tsx";
import type { Column } from "./data-table.tsx";

/** The first column of a list of things that the Swarm names: it sorts without regard to case. */
export function nameColumn<Row extends { name: string }>(title: string, className: string): Column<Row> {
  return {
    id: "name",
    title,
    className,
    cell: ({ name }) => (
      <span className="font-medium">
        <Mono>
          {partsOf(name).map(({ text, at }) => (
            <Fragment key={at}>
              {text}
              <wbr />
            </Fragment>
          ))}
        </Mono>
      </span>
    ),
    sortBy: ({ name }) => name.toLowerCase(),
  };
}

/** Where there is little room, a name goes on in the next line after one of its own separators. */
function partsOf(name: string): { text: string; at: number }[] {
  return [...name.matchAll(/[^_.-]*[_.-]*/g)].map(({ 0: text, index }) => ({ text, at: index }));
}
