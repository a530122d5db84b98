/**
 * Lists the stored plans: the user can start or resume them, copy their choices, see their results,
 * and delete them.
 */
import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useLocation } from "wouter";
import { useStore } from "zustand";
import type { StoredPlan } from "../../worker/protocol";
import { attempt } from "../state/notices";
import { draftFrom } from "../state/plan-draft";
import { deletePlan, plansStore } from "../state/plans";
import { isBusy, queueStore } from "../state/queue";
import { resumePlan } from "../state/resume";
import { showPlan } from "../state/selection";
import { dateTime } from "../ui/format";
import { Panel } from "../ui/panel";

const planStatusLabels: Record<StoredPlan["status"], string> = {
  ready: "not started",
  running: "interrupted",
  paused: "paused",
  done: "finished",
  cancelled: "cancelled",
};

export function StoredPlans() {
  const [, go] = useLocation();
  const plans = useStore(plansStore, (s) => s.plans);
  const queue = useStore(queueStore);
  const busy = isBusy(queue.status);
  if (plans.length === 0) return null;
  return (
    <Panel title="Stored plans" flush>
      <ul className="pick-list">
        {plans.map((plan) => (
          <li key={plan.id} className="stored-plan">
            <div className="grow">
              <div className="clip">{plan.plan.name}</div>
              <span className="dim small">
                {busy && plan.id === queue.planId ? "running" : planStatusLabels[plan.status]} ·{" "}
                {dateTime(plan.createdAt)}
              </span>
            </div>
            {plan.status !== "done" && !busy && (
              <Button
                onClick={() => {
                  go("/results");
                  attempt(() => resumePlan(plan));
                }}
              >
                {plan.status === "ready" ? "Start it" : "Resume"}
              </Button>
            )}
            <Menu position="bottom-end" shadow="sm">
              <Menu.Target>
                <ActionIcon aria-label={`More on ${plan.plan.name}`}>
                  <IconDots size={15} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item
                  onClick={() => {
                    showPlan(plan.id);
                    go("/results");
                  }}
                >
                  Show its results
                </Menu.Item>
                <Menu.Item onClick={() => draftFrom(plan.plan)}>Take its choices</Menu.Item>
                <Menu.Item color="red.9" disabled={busy} onClick={() => attempt(() => deletePlan(plan.id))}>
                  Delete the plan, keep its results
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
