/**
 * Step 2: choose backbones, methods, amounts of training data, the split and seeds, and start the
 * plan.
 */
import { Button, NativeSelect } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";
import { useLocation } from "wouter";
import { useStore } from "zustand";
import type { Plan } from "../../bench/plan";
import { BackbonePicker } from "../plan/backbone-picker";
import { MemoryEstimatePanel } from "../plan/memory-estimate";
import { MethodList } from "../plan/method-list";
import { PrimaryFields } from "../plan/primary-fields";
import { ProtocolFields } from "../plan/protocol-fields";
import { StoredPlans } from "../plan/stored-plans";
import { Summary, type Work } from "../plan/summary";
import { TrainingFields } from "../plan/training-fields";
import { backbonesStore, describeBackbone } from "../state/backbones";
import { datasetsStore, selectDataset, selectedDataset, sizeLabel } from "../state/datasets";
import { environmentStore } from "../state/environment";
import { attempt } from "../state/notices";
import { beginDraft, type DraftState, draftPlan, draftProblems, draftStore } from "../state/plan-draft";
import { type ChosenBackbone, mayMisfit } from "../state/plan-fit";
import { plannedRuns, storePlan } from "../state/plan-runs";
import { expectedTime } from "../state/plan-time";
import { recordsStore } from "../state/records";
import { resumePlan } from "../state/resume";
import { showPlan } from "../state/selection";
import { Message } from "../ui/message";
import "../styles/plan.css";

/** The plan that the draft makes; null while it is not valid. */
function usePlan(valid: boolean): Plan | null {
  const draft = useStore(draftStore);
  const dataset = useStore(datasetsStore, selectedDataset);
  return useMemo(() => (valid && dataset ? draftPlan(draft, dataset) : null), [draft, dataset, valid]);
}

/**
 * Counts the runs of a plan that have a record and estimates the time of the others; null while it
 * counts.
 */
function useWork(plan: Plan | null): Work | null {
  const dataset = useStore(datasetsStore, selectedDataset);
  const backbones = useStore(backbonesStore, (s) => s.backbones);
  const records = useStore(recordsStore, (s) => s.records);
  const device = useStore(environmentStore, (s) => s.environment?.device.label);
  const [work, setWork] = useState<Work | null>(null);
  useEffect(() => {
    let gone = false;
    setWork(null);
    if (!plan || !dataset) return;
    plannedRuns(plan, dataset, backbones)
      .then((runs) => {
        const stored = new Set(records.map((r) => r.id));
        const waiting = runs.filter((run) => !stored.has(run.id)).map(({ config }) => config);
        const ms = expectedTime(waiting, records, device);
        if (!gone) setWork({ computed: runs.length - waiting.length, ms });
      })
      .catch(() => {});
    return () => {
      gone = true;
    };
  }, [plan, dataset, backbones, records, device]);
  return work;
}

/**
 * The chosen backbones. This reads their files only if a chosen method may not fit some of them.
 */
function useChosenBackbones({ backboneIds, methods }: DraftState): ChosenBackbone[] {
  const { backbones, infos, checks } = useStore(backbonesStore);
  const asks = methods.some(({ id }) => mayMisfit(id));
  useEffect(() => {
    if (asks) for (const id of backboneIds) describeBackbone(id);
  }, [asks, backboneIds]);
  const chosen = backbones.filter((row) => backboneIds.includes(row.id));
  return chosen.map(({ id, name }) => ({ name, info: infos[id] ?? checks[id]?.info }));
}

export default function PlanScreen() {
  const [, go] = useLocation();
  useEffect(() => attempt(beginDraft), []);
  const draft = useStore(draftStore);
  const datasets = useStore(datasetsStore);
  const dataset = useStore(datasetsStore, selectedDataset);
  const problems = draftProblems(draft, dataset, useChosenBackbones(draft));
  const listed = Object.entries(problems).map(([, message]) => message ?? "");
  const plan = usePlan(listed.length === 0);
  const work = useWork(plan);
  const start = async () => {
    if (!plan) return;
    const stored = await storePlan(plan);
    showPlan(stored.id);
    go("/results");
    await resumePlan(stored);
  };
  return (
    <>
      <div className="page-head">
        <h1>Plan</h1>
        {datasets.datasets.length > 0 && (
          <div className="row">
            <NativeSelect
              aria-label="Dataset"
              value={dataset?.id}
              data={datasets.datasets.map((d) => ({ value: d.id, label: `${d.name} (${sizeLabel(d)})` }))}
              onChange={(e) => selectDataset(e.currentTarget.value)}
            />
            {dataset?.synthetic && <span className="tag synthetic">synthetic</span>}
          </div>
        )}
      </div>
      <div className="columns two">
        <div className="stack">
          {!dataset && datasets.loaded && (
            <Message
              kind="info"
              text="There is no dataset yet. A plan can be written, but starts only with one."
              action={<Button onClick={() => go("/")}>Open data</Button>}
            />
          )}
          <BackbonePicker problem={problems.backbones} />
          <MethodList problems={problems} />
          <ProtocolFields problems={problems} />
          <PrimaryFields problems={problems} />
          <TrainingFields problems={problems} />
        </div>
        <div className="stack">
          <Summary draft={draft} dataset={dataset} problems={listed} work={work} onStart={() => attempt(start)} />
          <MemoryEstimatePanel plan={plan} />
          <StoredPlans />
        </div>
      </div>
    </>
  );
}
