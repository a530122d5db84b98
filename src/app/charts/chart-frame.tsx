/**
 * The frame that all charts share: title, caption, legend, size and tools. If a chart has nothing
 * to draw, the frame shows the reason instead.
 */
import { type ReactElement, useId, useRef, useState } from "react";
import { ResponsiveContainer } from "recharts";
import { ChartTools } from "./chart-tools";
import { Sign } from "./palette";
import { RowsTable } from "./rows-table";
import type { ChartRow } from "./save";

export interface LegendItem {
  label: string;
  /** Index of the series' colour and marker. */
  index: number;
}

interface ChartFrameProps {
  title: string;
  caption: string;
  rows: readonly ChartRow[];
  /** The frame shows a legend of two items or more, since one series needs no legend. */
  legend?: LegendItem[];
  /** Height of the drawing, px. */
  height?: number;
  isTable?: boolean;
  /** Why nothing can be drawn; null if the chart can be drawn. */
  reason: string | null;
  children: ReactElement;
}

function Legend({ items }: { items: readonly LegendItem[] }) {
  return (
    <ul className="legend">
      {items.map((item) => (
        <li key={`${item.index}/${item.label}`}>
          <Sign index={item.index} />
          {item.label}
        </li>
      ))}
    </ul>
  );
}

export function ChartFrame(props: ChartFrameProps) {
  const { title, caption, rows, legend = [], height = 260, isTable = false, reason, children } = props;
  const id = useId();
  const body = useRef<HTMLDivElement>(null);
  const [asTable, setAsTable] = useState(false);
  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption className="chart-head">
        <div className="grow">
          <h3 id={id}>{title}</h3>
          <p className="dim small">{caption}</p>
        </div>
        {reason === null && !isTable && (
          <ChartTools
            title={title}
            rows={rows}
            asTable={asTable}
            onToggleTable={() => setAsTable(!asTable)}
            drawing={() => body.current?.querySelector("svg") ?? null}
          />
        )}
      </figcaption>
      {reason === null && legend.length > 1 && <Legend items={legend} />}
      {reason !== null ? (
        <div className="chart-empty" style={{ minHeight: height / 2 }}>
          {reason}
        </div>
      ) : isTable ? (
        children
      ) : asTable ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must reach a scrolling region
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
