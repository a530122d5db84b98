/** The choice of a split protocol, its settings, and what they mean in words. */
import { NativeSelect } from "@mantine/core";
import { useStore } from "zustand";
import { settingRows } from "../../base/setting";
import { describeSplit, protocolOf, protocols, splitCautions } from "../../bench/protocols";
import { datasetsStore, selectedDataset } from "../state/datasets";
import { chooseProtocol, draftSplit, draftStore, setSplit } from "../state/plan-draft";
import { capitalised } from "../ui/format";
import { Message } from "../ui/message";
import { SettingField } from "./setting-field";

/** An emptied number is NaN, which the schema refuses. */
export function SplitFields({ problems }: { problems: Record<string, string | undefined> }) {
  const split = useStore(draftStore, (s) => s.split);
  const rows = settingRows(protocolOf(split).config).filter((row) => !row.hidden);
  return (
    <>
      {protocols.length > 1 && (
        <NativeSelect
          className="span-two"
          label="Split"
          value={split.protocol}
          data={protocols.map(({ id, label }) => ({ value: id, label }))}
          onChange={(e) => chooseProtocol(e.currentTarget.value)}
        />
      )}
      {rows.map((row) => (
        <SettingField
          key={`${split.protocol} ${row.key}`}
          row={row}
          value={split[row.key]}
          problem={problems[`split.${row.key}`]}
          hasSteppers
          onChange={(value) => setSplit({ [row.key]: value ?? Number.NaN })}
        />
      ))}
    </>
  );
}

/** Why the dataset cannot be split so, else the split in words. */
export function SplitNote({ problem }: { problem?: string }) {
  const split = draftSplit(useStore(draftStore));
  const dataset = useStore(datasetsStore, selectedDataset);
  const grouping = dataset?.grouping ?? "patient";
  if (problem) return <p className="field-error">{problem}</p>;
  if (!split) return null;
  const about = grouping === "patient" ? "; a patient is never on both sides" : "";
  return (
    <>
      <p className="dim small">
        {capitalised(describeSplit(split, grouping))}
        {about}.
      </p>
      {dataset && splitCautions(dataset, split).map((text) => <Message key={text} kind="warning" text={text} />)}
    </>
  );
}
