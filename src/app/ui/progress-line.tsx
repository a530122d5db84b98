/** A progress bar with the current activity, which screen readers announce politely. */
import { Progress as Bar } from "@mantine/core";
import type { ReactNode } from "react";
import type { Progress } from "../../worker/protocol";
import { duration } from "./format";

interface ProgressLineProps {
  label: string;
  progress: Progress | null;
  /** Time left, ms. */
  leftMs?: number | null;
  children?: ReactNode;
}

export function ProgressLine({ label, progress, leftMs, children }: ProgressLineProps) {
  const known = progress !== null && progress.total > 0;
  const percent = known ? Math.min(100, (100 * progress.done) / progress.total) : 0;
  return (
    <div className="stack tight">
      <div className="row between">
        <span className="small">
          {label}
          {progress?.what ? `: ${progress.what}` : ""}
        </span>
        <span className="row">
          <span className="small dim">
            {known ? `${progress.done} of ${progress.total}` : ""}
            {leftMs ? ` · about ${duration(leftMs)} left` : ""}
          </span>
          {children}
        </span>
      </div>
      <Bar.Root>
        <Bar.Section value={known ? percent : 100} animated={!known} striped={!known} aria-label={label} />
      </Bar.Root>
    </div>
  );
}
