import type { ReactNode } from "react";

export type FactsRow = {
  key: string;
  /** One for each column, in their order. The first is what the row is about. */
  cells: ReactNode[];
  /** What can be done with it. */
  actions?: ReactNode;
  /** A line of its own below: the words of a task that failed. */
  below?: ReactNode;
};

/** Some facts about some things, in columns; on a phone each thing is a block of its own, with every fact named. */
export function FactsTable({ columns, rows }: { columns: readonly string[]; rows: readonly FactsRow[] }) {
  const hasActions = rows.some(({ actions }) => actions);
  return (
    <div className="relative overflow-x-auto">
      <table className="w-full border-collapse text-left max-md:block">
        <thead className="text-faint text-small max-md:hidden">
          <tr>
            {columns.map((title) => (
              <th key={title} scope="col" className="whitespace-nowrap px-2.5 py-[7px] font-medium first:pl-[14px]">
                {title}
              </th>
            ))}
            {hasActions && (
              <th scope="col">
                <span className="sr-only">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody className="max-md:block">
          {rows.map((row) => (
            <Row key={row.key} row={row} columns={columns} hasActions={hasActions} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const cell = "max-md:block md:h-[41px] md:px-2.5 md:py-1.5 md:first:pl-[14px] md:last:pr-[14px]";
const named =
  "max-md:grid max-md:grid-cols-[8rem_minmax(0,1fr)] max-md:items-baseline max-md:justify-items-start max-md:before:text-faint max-md:before:content-[attr(data-title)]";

function Row({ row, columns, hasActions }: { row: FactsRow; columns: readonly string[]; hasActions: boolean }) {
  const { cells, actions, below } = row;
  return (
    <>
      <tr className="border-line border-t max-md:grid max-md:gap-1.5 max-md:px-[14px] max-md:py-3">
        {cells.map((content, place) => (
          <td key={columns[place]} data-title={columns[place]} className={`${cell} ${place > 0 ? named : ""}`}>
            {content}
          </td>
        ))}
        {hasActions && (
          <td className={`${cell} max-md:has-[>span:empty]:hidden md:text-right`}>
            {actions && <span className="inline-flex flex-wrap gap-2 max-md:pt-1 md:justify-end">{actions}</span>}
          </td>
        )}
      </tr>
      {below && (
        <tr className="max-md:block">
          <td colSpan={columns.length + 1} className="break-words px-[14px] pb-2.5 max-md:block">
            {below}
          </td>
        </tr>
      )}
    </>
  );
}
