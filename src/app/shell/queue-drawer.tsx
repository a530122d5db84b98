/**
 * The drawer with the queue of runs, over any screen: finished, running, waiting, and failed with
 * their messages.
 */
import { Drawer } from "@mantine/core";
import { IconCheck, IconCircle, IconPlayerPlay, IconRepeat, IconX } from "@tabler/icons-react";
import { useStore } from "zustand";
import { type QueueItem, queueStore } from "../state/queue";
import { closeQueue, viewStore } from "../state/view";
import { Message } from "../ui/message";
import { QueueControls, QueueProgress } from "./queue-controls";
import classes from "./queue-drawer.module.css";

const signs: Record<QueueItem["state"], { icon: typeof IconCheck; label: string }> = {
  done: { icon: IconCheck, label: "Done" },
  reused: { icon: IconRepeat, label: "Already computed" },
  running: { icon: IconPlayerPlay, label: "Running" },
  waiting: { icon: IconCircle, label: "Waiting" },
  failed: { icon: IconX, label: "Failed" },
};
const order: QueueItem["state"][] = ["failed", "running", "waiting", "done", "reused"];

function QueueEntry({ item }: { item: QueueItem }) {
  const { icon: Icon, label } = signs[item.state];
  return (
    <li className={`${classes.item} ${classes[item.state] ?? ""}`}>
      <Icon size={14} aria-hidden />
      <div className="grow">
        {item.label}
        {item.error && <Message kind="error" text={item.error} />}
      </div>
      <span className="dim small nowrap">{label}</span>
    </li>
  );
}

export function QueueDrawer() {
  const open = useStore(viewStore, (s) => s.queueOpen);
  const queue = useStore(queueStore);
  const items = [...queue.items].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  const counts = order
    .map((state) => [signs[state].label.toLowerCase(), items.filter((i) => i.state === state).length] as const)
    .filter(([, n]) => n > 0);
  return (
    <Drawer.Root opened={open} onClose={closeQueue} position="right" size={440}>
      <Drawer.Overlay />
      <Drawer.Content>
        <div className="dialog-head">
          <Drawer.Title>Queue of runs</Drawer.Title>
          <Drawer.CloseButton aria-label="Close queue" />
        </div>
        <Drawer.Body>
          <div className="stack">
            {queue.planId === null ? (
              <p className="dim">
                No plan is under way. Start one under Plan, or resume one from the list of stored plans.
              </p>
            ) : (
              <>
                <div className="row between">
                  <h3>{queue.planName}</h3>
                  <QueueControls />
                </div>
                <QueueProgress />
                {queue.error && <Message kind="error" text={queue.error} />}
                <p className="dim small">{counts.map(([label, n]) => `${n} ${label}`).join(" · ")}</p>
                <ul className={`plain-list ${classes.list}`}>
                  {items.slice(0, 200).map((item) => (
                    <QueueEntry key={item.id} item={item} />
                  ))}
                  {items.length > 200 && <li className="dim">and {items.length - 200} more</li>}
                </ul>
              </>
            )}
          </div>
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
