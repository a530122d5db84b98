/** Prints progress to stderr: one line that is rewritten on a terminal, plain lines elsewhere. */
import process from "node:process";
import { detailsText } from "../base";
import type { Progress } from "../base/progress";
import type { RunEvent } from "../runner/events";

export interface Reporter {
  /** Prints a line that stays. */
  say(line: string): void;
  progress(progress: Progress): void;
  event(event: RunEvent): void;
}

export function createReporter(stream: NodeJS.WriteStream = process.stderr): Reporter {
  let rewritable = false;
  let label = "";
  let total = 0;
  let left = "";
  const clear = () => {
    if (rewritable) stream.write("\r\x1b[K");
    rewritable = false;
  };
  const say = (line: string) => {
    clear();
    stream.write(`${line}\n`);
  };
  const showTransient = (line: string) => {
    if (!stream.isTTY) return;
    stream.write(`\r\x1b[K${line.slice(0, (stream.columns ?? 100) - 1)}`);
    rewritable = true;
  };
  return {
    say,
    progress: ({ done, total: all, what }) => showTransient(`${what}: ${done} of ${all}`),
    event: (event) => {
      switch (event.type) {
        case "plan":
          total = event.total;
          return say(`${event.total} runs, ${event.done} of them finished before`);
        case "run-start":
          label = `[${event.index + 1}/${total}] ${event.label}`;
          return showTransient(label);
        case "stage":
          return showTransient(`${label}: ${event.progress.what} ${event.progress.done}/${event.progress.total}`);
        case "micro-batch": {
          const images = event.microBatch === 1 ? "1 image" : `${event.microBatch} images`;
          return say(`${label}: micro-batches of ${images}, so that steps of ${event.batch} fit the memory`);
        }
        case "epoch": {
          const { epoch, trainLoss, valLoss } = event.point;
          const val = valLoss === null ? "" : `, validation ${valLoss.toFixed(4)}`;
          const candidate = event.candidate ? `${event.candidate.label}, ` : "";
          return showTransient(
            `${label}: ${candidate}epoch ${epoch}/${event.epochs}, loss ${trainLoss.toFixed(4)}${val}`,
          );
        }
        case "run-done":
          return event.reused ? undefined : say(`${label}${left}`);
        case "run-failed":
          return say(`${label}: FAILED\n${detailsText(event.error).replaceAll(/^/gm, "    ")}`);
        case "eta":
          left = `  (about ${durationText(event.ms)} left)`;
          return;
        case "audit-done":
          return showTransient("Shortcut audit");
        case "audit-failed":
          return say(`Shortcut audit: FAILED\n${detailsText(event.error).replaceAll(/^/gm, "    ")}`);
        case "finished":
          return clear();
      }
    },
  };
}

/** A duration such as "40 s", "3 min 20 s" or "2 h 5 min". */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}
