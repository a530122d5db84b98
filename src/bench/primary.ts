/**
 * What decides a study: one metric, the pairs of methods that are judged, and the difference below
 * which two methods count as equal in practice. A plan fixes it before its first run, since whoever
 * chooses a metric after the results finds a difference in one of many too often.
 */
import { z } from "zod";
import { metricOf, metrics } from "./metrics";

const DEFAULT_METRIC = "matthews_corrcoef";

export const primarySchema = z.strictObject({
  metric: z
    .enum(metrics.map(({ id }) => id))
    .default(DEFAULT_METRIC)
    .describe("The metric whose differences count as findings; those of every other metric are exploratory"),
  reference: z
    .int()
    .min(0)
    .optional()
    .describe("Position in methods, from 0: only differences from this method are judged; default every pair"),
  equivalence: z
    .number()
    .positive()
    .optional()
    .describe("Differences up to this size, in units of the metric, are practically none; default by metric"),
});

/** A plan's field: absent where all is as the defaults say. */
interface PrimaryField {
  primary?: z.infer<typeof primarySchema>;
}

/** What decides, with every default filled in. */
export interface Primary {
  /** Id of the metric. */
  metric: string;
  /** Position in the plan's methods; undefined where every pair is judged. */
  reference?: number;
  /** Half-width of the region of practical equivalence, in units of the metric. */
  equivalence: number;
}

/** What decides a plan. A plan that an earlier version stored has the defaults. */
export function planPrimary({ primary }: PrimaryField): Primary {
  const { metric, reference, equivalence } = primarySchema.parse(primary ?? {});
  return {
    metric,
    ...(reference !== undefined && { reference }),
    equivalence: equivalence ?? metricOf(metric).equivalence,
  };
}

/**
 * The field by which a plan names what decides; the inverse of `planPrimary`. The defaults are left
 * out, so that a plan keeps the id that it had before the field existed.
 */
export function primaryField({ metric, reference, equivalence }: Primary): PrimaryField {
  const ownEquivalence = equivalence !== metricOf(metric).equivalence;
  if (metric === DEFAULT_METRIC && reference === undefined && !ownEquivalence) return {};
  return { primary: { metric, ...(reference !== undefined && { reference }), ...(ownEquivalence && { equivalence }) } };
}
