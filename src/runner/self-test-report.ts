/** The report of a self-test: results, adapter, date and version. */
import { z } from "zod";

const rowSchema = z.object({
  what: z.enum(["op", "method", "gradient"]),
  name: z.string(),
  case: z.string(),
  error: z.number().nullable(),
  tolerance: z.number(),
  verdict: z.enum(["pass", "fail", "error"]),
  message: z.string().optional(),
  ms: z.number(),
});

const reportSchema = z.object({
  schema: z.literal(1),
  /** ISO 8601. */
  date: z.string(),
  radapt: z.string(),
  /** Browser, or Node and platform. */
  host: z.string(),
  device: z.object({
    kind: z.string(),
    label: z.string(),
    vendor: z.string(),
    architecture: z.string(),
    description: z.string(),
    software: z.boolean(),
    features: z.array(z.string()),
    limits: z.record(z.string(), z.number()),
  }),
  ms: z.number(),
  rows: z.array(rowSchema),
});

export type SelfTestReport = z.infer<typeof reportSchema>;

/** Parses a stored report; null where it has another shape. */
export function parseSelfTestReport(stored: unknown): SelfTestReport | null {
  return reportSchema.safeParse(stored).data ?? null;
}
