/** The messages above the screen, and the offer to continue a plan that a reload interrupted. */
import { Button } from "@mantine/core";
import { useLocation } from "wouter";
import { useStore } from "zustand";
import { datasetsStore } from "../state/datasets";
import { attempt, dismiss, noticesStore } from "../state/notices";
import { interruptedPlans, plansStore } from "../state/plans";
import { cancelStored, isBusy, queueStore } from "../state/queue";
import { resumePlan } from "../state/resume";
import { Message } from "../ui/message";

function Interrupted() {
  const [, go] = useLocation();
  const plans = useStore(plansStore);
  const queue = useStore(queueStore);
  const ready = useStore(datasetsStore, (s) => s.loaded);
  if (!ready || isBusy(queue.status)) return null;
  return interruptedPlans(plans, queue.planId).map((plan) => (
    <Message
      key={plan.id}
      kind="info"
      text={`Plan “${plan.plan.name}” was interrupted. Finished runs are kept and are not repeated.`}
      action={
        <span className="row">
          <Button
            variant="filled"
            onClick={() => {
              go("/results");
              attempt(() => resumePlan(plan));
            }}
          >
            Resume
          </Button>
          <Button onClick={() => attempt(() => cancelStored(plan.id))}>Leave it</Button>
        </span>
      }
    />
  ));
}

export function Notices() {
  const notices = useStore(noticesStore, (s) => s.notices);
  return (
    <div className="stack tight notices">
      <Interrupted />
      {notices.map((n) => (
        <Message key={n.id} kind={n.kind} text={n.message} onDismiss={() => dismiss(n.id)} />
      ))}
    </div>
  );
}
