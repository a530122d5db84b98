/** Shows the values of the outcome column. If there are two, it chooses the positive class. */
import { SegmentedControl } from "@mantine/core";
import { type OpeningState, outcomeValues, setPositive } from "../state/opening";
import { OutcomeValues } from "./outcome-values";

/** @param rowCount number of rows of the whole table */
export function OutcomeChoice({ state, rowCount }: { state: OpeningState; rowCount: number }) {
  const values = outcomeValues(state);
  if (!state.columns.outcome || values.length === 0) return null;
  return (
    <div className="row end" style={{ gap: 24, alignItems: "flex-start" }}>
      <OutcomeValues values={values} rows={rowCount} positive={state.positive} />
      {values.length === 2 && (
        <div>
          <span className="field-label" id="positive-label">
            Positive class
          </span>
          <SegmentedControl
            aria-labelledby="positive-label"
            data={values.map(({ value }) => value)}
            value={state.positive}
            onChange={setPositive}
          />
        </div>
      )}
    </div>
  );
}
