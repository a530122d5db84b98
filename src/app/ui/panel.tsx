/** A bordered section with a heading. Screens consist of panels. */
import { type ReactNode, useId } from "react";

interface PanelProps {
  title: string;
  /** Stands at the right of the heading. */
  tools?: ReactNode;
  /** Stands beside the heading, in a weaker colour. */
  note?: ReactNode;
  flush?: boolean;
  children: ReactNode;
}

export function Panel({ title, tools, note, flush, children }: PanelProps) {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <div className="panel-head">
        <div className="row">
          <h2 id={id}>{title}</h2>
          {note && <span className="dim small">{note}</span>}
        </div>
        {tools && <div className="row">{tools}</div>}
      </div>
      <div className={flush ? "panel-body flush" : "panel-body"}>{children}</div>
    </section>
  );
}
