/** The comparison: the verdicts as sentences, the table, and the charts over all methods. */
import { useMemo } from "react";
import { aggregate } from "../../bench/aggregate";
import { groupingCautions } from "../../bench/cautions";
import { type ComparedGroups, comparedGroups, comparisons } from "../../bench/comparisons";
import type { Metric } from "../../bench/metric";
import { metrics } from "../../bench/metrics";
import type { RunRecord } from "../../bench/record";
import { partsInWords, splitsInWords } from "../../bench/split-words";
import {
  type EvaluationUnit,
  hasSeveralImages,
  mixedPatients,
  mixedSentence,
  otherUnit,
  unitInWords,
} from "../../bench/unit";
import { recordsByUnit } from "../../bench/unit-records";
import { chartsAt } from "../charts";
import { Message } from "../ui/message";
import { Panel } from "../ui/panel";
import { AuditPanel } from "./audit-panel";
import { BestRows } from "./best-rows";
import { comparisonInput } from "./comparison-input";
import { ComparisonTable } from "./comparison-table";
import { FittedPair } from "./fitted-pair";
import { OverBlocksPanel } from "./over-blocks";
import { PairTable } from "./pair-table";
import type { ScopedRecords } from "./scopes";
import { bestKeys, shownMetrics, verdicts } from "./table-rows";

const pooledLabels = metrics.filter(({ pooled }) => pooled).map(({ label }) => label);

interface ComparisonProps {
  scoped: ScopedRecords;
  /** What the figures are about. */
  unit: EvaluationUnit;
  metric: Metric;
  /** Key of the row whose details are open. */
  rowKey: string | null;
}

/** Rows of the other unit by key, where image and patient differ; else undefined. */
function besideRows({ records, planned }: ScopedRecords, unit: EvaluationUnit) {
  if (!records.some(({ dataset, predictions }) => dataset.grouping === "patient" && hasSeveralImages(predictions)))
    return undefined;
  const rows = aggregate(recordsByUnit(records, otherUnit(unit)), { planned });
  return new Map(rows.map((row) => [row.key, row]));
}

/** States what the figures are about, where image and patient differ. */
function UnitNote({ records, unit }: { records: readonly RunRecord[]; unit: EvaluationUnit }) {
  const other = unit === "image" ? "“per patient” is the mean of a patient's images" : "“per image” stands beside it";
  const mixed = unit === "image" ? "" : mixedSentence(mixedPatients(records), records[0].dataset.classes);
  return `The figures count ${unitInWords(unit)}; ${other}. ${mixed}`;
}

/** States which data the runs used and how they were split. */
function DatasetNote({ records }: { records: readonly RunRecord[] }) {
  const [{ dataset, labels }] = records;
  const { synthetic, images, patients, grouping } = dataset;
  return (
    <>
      {synthetic && <span className="tag synthetic">synthetic</span>} {labels.dataset}: {images} images
      {grouping === "patient" && `, ${patients} patients`}, {splitsInWords(records)}
    </>
  );
}

function Verdicts({ compared, metric }: { compared: readonly ComparedGroups[]; metric: Metric }) {
  const answers = useMemo(() => comparisons.map((one) => ({ ...one, entries: verdicts(one, compared) })), [compared]);
  return answers.map(({ id, label, entries }) => (
    <div key={id} className="verdicts" data-testid={`verdict-${id}`}>
      <h3 className="dim small">{label}</h3>
      <dl>
        {entries.map(({ regimes, verdict }) => (
          <div key={regimes} style={{ display: "contents" }}>
            <dt>
              {metric.label} <span className="dim">{regimes}</span>
            </dt>
            <dd>{verdict}</dd>
          </div>
        ))}
      </dl>
    </div>
  ));
}

export function ComparisonPanel({ scoped, unit, metric, rowKey }: ComparisonProps) {
  const { planned, primary } = scoped;
  const records = useMemo(() => recordsByUnit(scoped.records, unit), [scoped.records, unit]);
  const audit = useMemo(() => recordsByUnit(scoped.audit ?? [], unit), [scoped.audit, unit]);
  const beside = useMemo(() => besideRows(scoped, unit), [scoped, unit]);
  const rows = useMemo(() => aggregate(records, { planned }), [records, planned]);
  const compared = useMemo(
    () => comparedGroups(records, metric.id, { planned, primary }),
    [records, planned, primary, metric],
  );
  const best = useMemo(() => bestKeys(compared), [compared]);
  const input = useMemo(() => comparisonInput(records, rows, metric), [records, rows, metric]);
  const cautions = new Set(records.flatMap(({ dataset }) => groupingCautions(dataset)));
  return (
    <>
      <Panel title="Comparison" flush note={records.length > 0 && <DatasetNote records={records} />}>
        {[...cautions].map((caution) => (
          <div key={caution} className="panel-body" data-testid="comparison-caution">
            <Message kind="warning" text={caution} />
          </div>
        ))}
        <Verdicts compared={compared} metric={metric} />
        <BestRows compared={compared} metric={metric} />
        <AuditPanel records={records} audit={audit} planned={planned} metric={metric} />
        <PairTable compared={compared} metric={metric} nouns={partsInWords(records)} />
        <FittedPair compared={compared} />
        <OverBlocksPanel compared={compared} />
        <ComparisonTable
          rows={rows}
          metrics={shownMetrics(metrics, metric.id)}
          metric={metric.id}
          best={best}
          selected={rowKey}
          beside={beside && { label: unit === "image" ? "per patient" : "per image", rows: beside }}
          nouns={partsInWords(records)}
          indexOf={(seriesKey) => input.series.indexOf(input.label(seriesKey))}
        />
        <p className="dim small panel-foot">
          {beside && <UnitNote records={scoped.records} unit={unit} />}
          {beside && " "}
          Means over {partsInWords(records)} on the test images; seeds of one part are averaged first.{" "}
          {pooledLabels.join(", ")}: on the pooled test images of each repeat, since few images bias them. The 95 %
          intervals are corrected for training images that the parts share (Nadeau and Bengio 2003) and cut at the
          metric's bounds. They speak of new patients like these, not of another hospital. “Best” is marked only in the
          metric that the plan fixed, where a row differs from every other of its kind after correction for the number
          of comparisons.
        </p>
      </Panel>
      <div className="charts two">
        {chartsAt("comparison").map(({ id, figure }) => (
          <div key={id} className="panel panel-body">
            {figure(input)}
          </div>
        ))}
      </div>
    </>
  );
}
