/**
 * How many runs the plan being written asks for; loads the plan's side of the app, so it comes with
 * a dataset.
 */
import { useEffect } from "react";
import { useStore } from "zustand";
import { datasetsStore, selectedDataset } from "../state/datasets";
import { attempt } from "../state/notices";
import { beginDraft, draftRunCount, draftStore } from "../state/plan-draft";
import { plural } from "../ui/format";

export default function PlannedRuns({ none }: { none: string }) {
  useEffect(() => attempt(beginDraft), []);
  const dataset = useStore(datasetsStore, selectedDataset);
  const runs = useStore(draftStore, (draft) => draftRunCount(draft, dataset));
  return runs > 0 ? plural(runs, "run") : none;
}
