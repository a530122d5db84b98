/**
 * Shows the values of the outcome column. If there are two, it suggests the positive class with the
 * reason, and a person can choose the other one.
 */
import { SegmentedControl } from "@mantine/core";
import { type OpeningState, outcomeValues, setPositive, suggestedPositive } from "../state/opening";
import { Message } from "../ui/message";
import { OutcomeValues } from "./outcome-values";

function PositiveChoice({ state }: { state: OpeningState }) {
  const suggestion = suggestedPositive(state);
  if (!suggestion) return null;
  const taken = state.positive === suggestion.value;
  return (
    <div style={{ maxWidth: 320 }}>
      <span className="field-label" id="positive-label">
        Positive class
      </span>
      <SegmentedControl
        aria-labelledby="positive-label"
        aria-describedby="positive-reason"
        data={outcomeValues(state).map(({ value }) => value)}
        value={state.positive}
        onChange={setPositive}
      />
      <div className="stack small" style={{ gap: 6, marginTop: 6 }} id="positive-reason" data-testid="positive-reason">
        {taken && !suggestion.certain && <Message kind="warning" text={suggestion.reason} />}
        <p className="dim">
          {taken ? suggestion.certain && `Suggested: ${suggestion.reason} ` : "Your choice. "}
          Sensitivity is the share of its images that are found.
        </p>
      </div>
    </div>
  );
}

/** @param rowCount number of rows of the whole table */
export function OutcomeChoice({ state, rowCount }: { state: OpeningState; rowCount: number }) {
  const values = outcomeValues(state);
  if (!state.columns.outcome || values.length === 0) return null;
  return (
    <div className="row end" style={{ gap: 24, alignItems: "flex-start" }}>
      <OutcomeValues values={values} rows={rowCount} positive={state.positive} />
      <PositiveChoice state={state} />
    </div>
  );
}
