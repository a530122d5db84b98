/** The three steps with the state of each. They are visible on every screen. */
import { lazy, Suspense } from "react";
import { Link, useLocation } from "wouter";
import { useStore } from "zustand";
import { datasetsStore, selectedDataset, sizeLabel } from "../state/datasets";
import { isBusy, queueStore } from "../state/queue";
import { recordsStore } from "../state/records";
import { plural } from "../ui/format";
import classes from "./steps.module.css";

const LazyPlannedRuns = lazy(() => import("./planned-runs"));
const nothingPlanned = "Nothing planned";

/** The runs of the plan being written, which needs a dataset. */
function PlanState({ ready }: { ready: boolean }) {
  if (!ready) return nothingPlanned;
  return (
    <Suspense fallback={nothingPlanned}>
      <LazyPlannedRuns none={nothingPlanned} />
    </Suspense>
  );
}

export function Steps() {
  const [location] = useLocation();
  const dataset = useStore(datasetsStore, selectedDataset);
  const loaded = useStore(datasetsStore, (s) => s.loaded);
  const stored = useStore(recordsStore, (s) => s.records.length);
  const queue = useStore(queueStore);
  const steps = [
    { path: "/", title: "Data", state: dataset ? sizeLabel(dataset) : loaded ? "Nothing opened yet" : "" },
    { path: "/plan", title: "Plan", state: <PlanState ready={dataset !== undefined} /> },
    {
      path: "/results",
      title: "Results",
      state: isBusy(queue.status)
        ? `Running, ${queue.done} of ${queue.total}`
        : stored > 0
          ? plural(stored, "stored run")
          : "No runs yet",
    },
  ];
  return (
    <nav className={classes.steps} aria-label="Steps">
      <ol>
        {steps.map((step, index) => (
          <li key={step.path}>
            <Link href={step.path} className={classes.step} aria-current={location === step.path ? "page" : undefined}>
              <span className={classes.number} aria-hidden>
                {index + 1}
              </span>
              <span className={classes.title}>{step.title}</span>
              <span className={classes.state}>{step.state}</span>
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}
