/** What every chart shares: title, caption, legend, size, empty state, the same data as a table, export. */
import { ActionIcon, Menu } from "@mantine/core";
import { IconDownload, IconTable } from "@tabler/icons-react";
import { type ReactElement, useId, useRef, useState } from "react";
import { ResponsiveContainer } from "recharts";
import { attempt } from "../state/notices";
import { Sign } from "./palette";
import { type ChartRow, pngBlob, rowsCsv, saveBlob, svgText } from "./save";

export interface LegendItem {
  label: string;
  /** Index of the series' colour and marker. */
  index: number;
}

interface ChartFrameProps {
  title: string;
  caption: string;
  /** What is drawn, as flat rows: exported, and shown as a table. */
  rows: readonly ChartRow[];
  legend?: LegendItem[];
  height?: number;
  /** Said when there is nothing to draw. */
  empty: string;
  children: ReactElement;
}

const shown = (value: string | number | null | undefined) =>
  typeof value === "number" ? (Number.isFinite(value) ? Math.round(value * 1000) / 1000 : "–") : (value ?? "–");

function RowsTable({ rows, title }: { rows: readonly ChartRow[]; title: string }) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return (
    <table className="data-table" aria-label={`${title}, as a table`}>
      <thead>
        <tr>
          {columns.map((c) => (
            <th scope="col" key={c}>
              {c}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, 300).map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity and are replaced as a whole
          <tr key={index}>
            {columns.map((c) => (
              <td key={c}>{shown(row[c])}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function ChartFrame({ title, caption, rows, legend, height = 260, empty, children }: ChartFrameProps) {
  const id = useId();
  const body = useRef<HTMLDivElement>(null);
  const [asTable, setAsTable] = useState(false);
  const name = title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const svg = () => body.current?.querySelector("svg") ?? null;
  const saveSvg = () => {
    const drawing = svg();
    if (drawing) saveBlob(new Blob([svgText(drawing)], { type: "image/svg+xml" }), `${name}.svg`);
  };
  const savePng = async () => {
    const drawing = svg();
    if (drawing) saveBlob(await pngBlob(drawing), `${name}.png`);
  };
  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption className="chart-head">
        <div className="grow">
          <h3 id={id}>{title}</h3>
          <p className="dim small">{caption}</p>
        </div>
        {rows.length > 0 && (
          <div className="row chart-tools">
            <ActionIcon
              aria-label={asTable ? `Draw ${title}` : `Show ${title} as a table`}
              aria-pressed={asTable}
              onClick={() => setAsTable(!asTable)}
            >
              <IconTable size={15} />
            </ActionIcon>
            <Menu position="bottom-end" shadow="sm">
              <Menu.Target>
                <ActionIcon aria-label={`Save ${title}`}>
                  <IconDownload size={15} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item onClick={() => saveBlob(new Blob([rowsCsv(rows)], { type: "text/csv" }), `${name}.csv`)}>
                  Data as CSV
                </Menu.Item>
                <Menu.Item disabled={asTable} onClick={saveSvg}>
                  Drawing as SVG
                </Menu.Item>
                <Menu.Item disabled={asTable} onClick={() => attempt(savePng)}>
                  Drawing as PNG
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </div>
        )}
      </figcaption>
      {legend && legend.length > 1 && rows.length > 0 && (
        <ul className="legend">
          {legend.map((item) => (
            <li key={`${item.index}/${item.label}`}>
              <Sign index={item.index} />
              {item.label}
            </li>
          ))}
        </ul>
      )}
      {rows.length === 0 ? (
        <div className="chart-empty" style={{ minHeight: height / 2 }}>
          {empty}
        </div>
      ) : asTable ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        <section className="chart-table" style={{ maxHeight: height }} aria-label={`${title}, data`} tabIndex={0}>
          <RowsTable rows={rows} title={title} />
        </section>
      ) : (
        <div ref={body} role="img" aria-label={`${title}. ${caption}`} className="chart-body" style={{ height }}>
          <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 300, height }}>
            {children}
          </ResponsiveContainer>
        </div>
      )}
    </figure>
  );
}
