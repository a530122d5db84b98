/** The dashed diagonal of a unit square: chance among ROC curves, perfect calibration else. */
import { ReferenceLine } from "recharts";

export const diagonal = (
  <ReferenceLine
    segment={[
      { x: 0, y: 0 },
      { x: 1, y: 1 },
    ]}
    stroke="var(--r-dim)"
    strokeDasharray="5 4"
  />
);
