/** A bordered section with its heading; the unit that screens are laid out from. */
import { type ReactNode, useId } from "react";

interface PanelProps {
  title: string;
  /** Shown at the right of the heading. */
  tools?: ReactNode;
  /** Shown beside the heading, quieter. */
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
