/** The box beside the pointer. */
import { Sign } from "./palette";

export interface TipLine {
  label: string;
  text: string;
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
