/** Says before the start which difference the plan could show, and proposes repeats. */
import { Button } from "@mantine/core";
import { useMemo } from "react";
import { useStore } from "zustand";
import { metricOf } from "../../bench/metrics";
import { datasetsStore, selectedDataset } from "../state/datasets";
import { draftStore, setDraft } from "../state/plan-draft";
import { planPower } from "../state/plan-power";

export function PowerNote() {
  const draft = useStore(draftStore);
  const dataset = useStore(datasetsStore, selectedDataset);
  const power = useMemo(() => planPower(draft, dataset), [draft, dataset]);
  if (!power) return null;
  const { label } = metricOf(draft.primary.metric);
  const { detectable, proposal, reach, testPatients } = power;
  const isReachable = (value: number) => value < reach;
  const patients = testPatients.reduce((sum, count) => sum + count, 0);
  return (
    <div className="row between" data-testid="power">
      <p className="small grow power-text">
        {isReachable(detectable)
          ? `A true difference in ${label} has to be about ${detectable.toFixed(2)} for this plan to find it in 4 of 5 such studies.`
          : "These data are too few for this plan to show any difference."}{" "}
        {proposal &&
          isReachable(proposal.detectable) &&
          `With ${proposal.repeats} repeats about ${proposal.detectable.toFixed(2)} is enough. `}
        <span className="dim">
          A rough figure from about {patients} patients per test: it takes two methods with a ROC-AUC near 0.75 that
          often err on the same patients.
        </span>
      </p>
      {proposal && isReachable(proposal.detectable) && (
        <Button onClick={() => setDraft({ repeats: proposal.repeats })}>Use {proposal.repeats} repeats</Button>
      )}
    </div>
  );
}
