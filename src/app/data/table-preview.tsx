/** The first rows of the opened table, with the chosen columns marked. */
import type { TablePreview } from "../../worker/protocol";
import type { ChosenColumns } from "../state/opening";

interface TablePreviewViewProps {
  preview: TablePreview;
  columns: Pick<ChosenColumns, "image" | "outcome" | "patient">;
}

export function TablePreviewView({ preview, columns }: TablePreviewViewProps) {
  const roleOf = (column: string) =>
    column === columns.image
      ? "image"
      : column === columns.outcome
        ? "outcome"
        : column === columns.patient
          ? "patient"
          : "";
  const sorted = [...preview.columns].sort((a, b) => Number(roleOf(b) !== "") - Number(roleOf(a) !== ""));
  const rows = preview.rows.slice(0, 6);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must reach a scrolling region
    <section className="scroll-x preview" aria-label="Preview of the table" tabIndex={0}>
      <table className="data-table">
        <caption>
          First {rows.length} of {preview.rowCount} rows
        </caption>
        <thead>
          <tr>
            {sorted.map((column) => (
              <th scope="col" key={column}>
                {column} {roleOf(column) && <span className="tag accent">{roleOf(column)}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity and never move
            <tr key={index}>
              {sorted.map((column) => (
                <td key={column} className="clip" style={{ maxWidth: 220 }}>
                  {row[column]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
