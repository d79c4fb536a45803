"use client";

import type { ReactNode } from "react";
import { Button } from "../button.tsx";
import { Kbd } from "../kbd.tsx";
import type { Selecting, Selection } from "./use-selection.ts";

/** The box of a row. Where nothing can be done to the row, there is none. */
export function RowBox<Row>({
  row,
  selection,
  selecting,
}: {
  row: Row;
  selection: Selection<Row>;
  selecting: Selecting<Row>;
}) {
  return (
    <td className={boxCell}>
      {selection.isSelectable(row) && (
        // Above the link that lies over the row.
        <label className={boxLabel}>
          <input
            type="checkbox"
            aria-label={`Select ${selecting.nameOf(row)}`}
            checked={selection.isSelected(row)}
            onChange={({ nativeEvent }) => selection.toggle(row, (nativeEvent as MouseEvent).shiftKey)}
            className={box}
          />
        </label>
      )}
    </td>
  );
}

/** Everything that the search and the filters show, at once. */
export function HeadBox<Row>({ selection }: { selection: Selection<Row> }) {
  return (
    <th scope="col" className={boxCell}>
      <label className={boxLabel}>
        <input
          ref={(input) => {
            if (input) input.indeterminate = selection.shown === "some";
          }}
          type="checkbox"
          aria-label="Select all that are shown"
          checked={selection.shown === "all"}
          onChange={selection.toggleShown}
          className={box}
        />
      </label>
    </th>
  );
}

/** How many, and what can be done with them: in sight as long as anything is selected. */
export function SelectionBar<Row>({ selection, children }: { selection: Selection<Row>; children: ReactNode }) {
  return (
    <section
      aria-label="Selection"
      className="sticky bottom-4 z-20 mx-auto flex w-fit max-w-full flex-wrap items-center gap-x-4 gap-y-2 rounded-card border border-honey-line bg-panel px-4 py-2 shadow-card max-md:bottom-16 max-md:w-full"
    >
      <output aria-live="polite" className="num font-medium">
        {selection.selected.length.toLocaleString("en")} selected
      </output>
      <span className="flex flex-wrap items-center gap-2 max-md:ml-auto">
        <Button onClick={selection.clear}>
          Clear <Kbd>Esc</Kbd>
        </Button>
        {children}
      </span>
    </section>
  );
}

const boxCell = "w-9 min-w-9 p-0 max-md:w-11 max-md:min-w-11";
const boxLabel = "relative z-[1] grid min-h-9 cursor-pointer place-items-center max-md:min-h-[44px]";
const box = "size-[14px] accent-honey max-md:size-[18px]";
