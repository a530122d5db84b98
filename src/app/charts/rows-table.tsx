/** A chart's rows as a table, for readers who want the numbers or cannot see the drawing. */
import { plainText } from "../ui/format";
import type { ChartRow } from "./save";

const MAX_ROWS = 300;

function cellText(value: string | number | null | undefined): string {
  if (typeof value !== "number") return value ?? "–";
  return Number.isFinite(value) ? plainText(Math.round(value * 1000) / 1000) : "–";
}

export function RowsTable({ rows, title }: { rows: readonly ChartRow[]; title: string }) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const align = (column: string) => (rows.some((row) => typeof row[column] === "number") ? "num" : undefined);
  return (
    <table className="data-table" aria-label={`${title}, as a table`}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th scope="col" key={column} className={align(column)}>
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, MAX_ROWS).map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity and never move
          <tr key={index}>
            {columns.map((column) => (
              <td key={column} className={align(column)}>
                {cellText(row[column])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
