/**
 * Buttons that pause, resume and cancel the running plan, and its progress. The drawer and Results
 * share them.
 */
import { Progress as Bar, Button, VisuallyHidden } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { useStore } from "zustand";
import { attempt } from "../state/notices";
import { plansStore } from "../state/plans";
import { cancelQueue, isBusy, pauseQueue, queueStore } from "../state/queue";
import { resumePlan } from "../state/resume";
import { duration } from "../ui/format";

export function QueueControls() {
  const status = useStore(queueStore, (s) => s.status);
  const planId = useStore(queueStore, (s) => s.planId);
  const plan = useStore(plansStore, (s) => s.plans.find((p) => p.id === planId));
  const failed = useStore(queueStore, (s) => s.items.some((i) => i.state === "failed"));
  const busy = isBusy(status);
  const again = status === "done" && failed;
  if (!busy && !(plan && (status === "paused" || status === "failed" || status === "cancelled" || again))) return null;
  return (
    <div className="row">
      {busy ? (
        <Button
          leftSection={<IconPlayerPause size={14} aria-hidden />}
          disabled={status !== "running"}
          onClick={() => attempt(pauseQueue)}
        >
          {status === "pausing" ? "Pausing…" : "Pause"}
        </Button>
      ) : (
        <Button
          variant="filled"
          leftSection={<IconPlayerPlay size={14} aria-hidden />}
          onClick={() => plan && attempt(() => resumePlan(plan))}
        >
          {again ? "Try failed runs again" : "Resume"}
        </Button>
      )}
      {(busy || status === "paused") && (
        <Button
          leftSection={<IconPlayerStop size={14} aria-hidden />}
          disabled={status === "cancelling"}
          onClick={() => attempt(cancelQueue)}
        >
          {status === "cancelling" ? "Cancelling…" : "Cancel"}
        </Button>
      )}
    </div>
  );
}

const queueStatusLabels = {
  idle: "",
  running: "Running",
  pausing: "Pausing after the current step",
  paused: "Paused",
  cancelling: "Cancelling",
  cancelled: "Cancelled; finished runs are kept",
  done: "Finished",
  failed: "Stopped by an error; finished runs are kept",
};

export function QueueProgress() {
  const queue = useStore(queueStore);
  const current = queue.items.find((i) => i.id === queue.currentId);
  const failed = queue.items.filter((i) => i.state === "failed").length;
  const percent = queue.total > 0 ? (100 * queue.done) / queue.total : 0;
  const left = queue.leftMs !== null && isBusy(queue.status) ? `, about ${duration(queue.leftMs)} left` : "";
  const detail = queue.stage
    ? `${queue.stage.what}${queue.stage.total > 1 ? ` (${queue.stage.done} of ${queue.stage.total})` : ""}`
    : queue.curve.length > 0
      ? `${queue.candidate && `${queue.candidate}, `}epoch ${queue.curve.length} of at most ${queue.epochs}`
      : "";
  return (
    <div className="stack tight">
      <Bar.Root>
        <Bar.Section value={percent} aria-label="Runs finished" />
      </Bar.Root>
      <div className="row between small">
        <span>
          {queueStatusLabels[queue.status]}: {queue.done} of {queue.total} runs
          {failed > 0 && `, ${failed} of them failed`}
          {left}
        </span>
        {isBusy(queue.status) && current && (
          <span className="dim">
            {current.label}
            {detail && ` · ${detail}`}
          </span>
        )}
      </div>
      <VisuallyHidden aria-live="polite" role="status">
        {queueStatusLabels[queue.status]}. {queue.done} of {queue.total} runs finished.
      </VisuallyHidden>
    </div>
  );
}
