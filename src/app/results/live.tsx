/** The running plan: progress with the time left, controls, and the curve of the current run. */
import { Button } from "@mantine/core";
import { useStore } from "zustand";
import { chartsAt } from "../charts";
import type { RunInput } from "../charts/inputs";
import { QueueControls, QueueProgress } from "../shell/queue-controls";
import { isBusy, type QueueItem, queueStore } from "../state/queue";
import { openQueue } from "../state/view";
import { plural } from "../ui/format";
import { Message } from "../ui/message";
import { Panel } from "../ui/panel";

export function Live() {
  const queue = useStore(queueStore);
  if (queue.status === "idle") return null;
  const failed = queue.items.filter((i) => i.state === "failed");
  const count = (...states: QueueItem["state"][]) => queue.items.filter((i) => states.includes(i.state)).length;
  const counts: [string, number][] = [
    ["Computed now", count("done")],
    ["Computed before", count("reused")],
    ["Waiting", count("waiting")],
    ["Failed", failed.length],
  ];
  const current = queue.items.find((i) => i.id === queue.currentId);
  const first = failed[0]?.error;
  const caption = current ? current.label + (queue.candidate && ` · ${queue.candidate}`) : "Waiting for the next run";
  const input: RunInput = { curve: queue.curve, unit: "Epoch", caption };
  return (
    <Panel title={queue.planName || "Plan under way"} tools={<QueueControls />}>
      <div className={isBusy(queue.status) ? "live" : undefined}>
        <div className="stack">
          <QueueProgress />
          <dl className="figures">
            {counts.map(([label, n]) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{n}</dd>
              </div>
            ))}
          </dl>
          {queue.error && <Message kind="error" text={queue.error} />}
          {failed.length > 0 && (
            <Message
              kind="error"
              text={{ ...first, title: `${plural(failed.length, "run")} failed. ${first?.title ?? ""}` }}
              action={<Button onClick={openQueue}>Show all</Button>}
            />
          )}
        </div>
        {isBusy(queue.status) && chartsAt("run").map(({ figure }) => figure(input))}
      </div>
    </Panel>
  );
}
