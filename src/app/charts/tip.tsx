/** The tooltip beside the pointer. */
import { Sign } from "./palette";

/** What recharts passes to the content of a tooltip: the data under the pointer. */
export interface TipProps<Datum> {
  active?: boolean;
  payload?: readonly { payload?: Datum }[];
}

interface TipLine {
  label: string;
  text: string;
  /** Index of the series' colour and marker; undefined if the chart has one series. */
  index?: number;
}

export function Tip({ title, lines }: { title: string; lines: TipLine[] }) {
  return (
    <div className="tip">
      <strong>{title}</strong>
      {lines.map((line) => (
        <div key={`${line.label}/${line.index}`} className="tip-line">
          {line.index !== undefined && <Sign index={line.index} />}
          <span>{line.label}</span>
          <span className="tip-value">{line.text}</span>
        </div>
      ))}
    </div>
  );
}
