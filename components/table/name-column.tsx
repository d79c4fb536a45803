import { BreakableName } from "../breakable-name.tsx";
import type { Column } from "./data-table.tsx";

/** The first column of a list of things that the Swarm names: it sorts without regard to case. */
export function nameColumn<Row extends { name: string }>(title: string, className: string): Column<Row> {
  return {
    id: "name",
    title,
    className,
    cell: ({ name }) => (
      <span className="font-medium">
        <BreakableName name={name} />
      </span>
    ),
    sortBy: ({ name }) => name.toLowerCase(),
  };
}
