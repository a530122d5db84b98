/** The results of a benchmark run, and their tables in Markdown. */
import { median, quantile } from "../../src/bench/stats/summary";
import type { ProductRate } from "../../src/engine/profile/profile";
import type { Work } from "./contestant";

export interface ContestantRow {
  name: string;
  label: string;
  /** Time from the weights to the first result, ms, with compilation. */
  firstMs?: number;
  /** Time of each repetition, ms. */
  ms: number[];
  /** Time until the work was handed to the device, ms, for each repetition that knows it. */
  submitMs: number[];
  /** Peak of the bytes on the device. */
  peakBytes?: number;
  /** Largest relative difference from Radapt's results, and the result where it occurs. */
  difference?: { difference: number; where: string };
  /** The error, if there is no time. */
  error?: string;
}

export interface WorkResults {
  size: string;
  batch: number;
  work: Work;
  rows: ContestantRow[];
}

/** The dispatches of Radapt's LoRA step. */
export interface StepProfile {
  size: string;
  batch: number;
  /** Floating-point operations of all products. */
  flops: number;
  dispatches: number;
  /**
   * Median wall time of a step without timestamps, ms, in turns with the works that it is compared
   * with.
   */
  ms: number;
  /**
   * Median over the turns of the ratio to the forward pass before; NaN if there was none. JSON
   * turns NaN into null.
   */
  toForward: { lora: number | null; full: number | null };
  /** GFLOP/s of the fastest matrix product, measured right after the step. */
  best: number;
  /** Share of the timed dispatches' time by kind of kernel. */
  shares: { kind: string; share: number; gflops: number | null }[];
}

export interface Report {
  date: string;
  machine: { cpu: string; cores: number; load: [start: number, end: number] };
  environment: string;
  adapter: string;
  versions: Record<string, string>;
  groups: WorkResults[];
  rates: ProductRate[];
  profiles: StepProfile[];
  /**
   * Milliseconds until a LoRA step of twelve blocks is handed to an idle device, for each
   * repetition.
   */
  submits: number[];
}

/**
 * Joins runs of one machine into one, for example runs of other sizes or fewer contestants. The
 * rates are those of the first.
 */
export function joinReports([first, ...rest]: readonly Report[]): Report {
  const stranger = rest.find((r) => r.environment !== first.environment || r.adapter !== first.adapter);
  if (stranger)
    throw new Error(
      `only runs of one adapter can be joined: ${first.environment} on ${first.adapter}, ` +
        `and ${stranger.environment} on ${stranger.adapter}`,
    );
  const all = [first, ...rest];
  const [start, end] = [all[0].machine.load[0], all[all.length - 1].machine.load[1]];
  return {
    ...first,
    machine: { ...first.machine, load: [start, end] },
    groups: all.flatMap(({ groups }) => groups),
    profiles: all.flatMap(({ profiles }) => profiles),
  };
}

/** Work counts as equal up to this relative difference of features, losses and gradients. */
const MAX_DIFFERENCE = 1e-3;

export const isUnequal = ({ difference }: ContestantRow): boolean =>
  difference !== undefined && !(difference.difference <= MAX_DIFFERENCE);

const titles: Record<Work, string> = { forward: "Forward pass", lora: "LoRA step", full: "Full fine-tuning step" };

/** Formats a number with three significant digits, without exponent. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-9))));
  return value.toFixed(Math.min(decimals, 3)).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ",");
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, i) => (i === 0 ? "---" : "--:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function workTable({ rows }: WorkResults): string {
  const radapt = median(rows.find((row) => row.name === "radapt-webgpu")?.ms ?? []);
  const head = ["", "median ms", "quartiles", "× Radapt", "first, s", "MB on device", "differs by"];
  return markdownTable(
    head,
    rows.map((row) => {
      const { label, ms, firstMs, peakBytes, difference, error } = row;
      if (error) return [label, error, "", "", "", "", ""];
      const spread = `${digits(quantile(ms, 0.25))}–${digits(quantile(ms, 0.75))} (${ms.length})`;
      const ratio = isUnequal(row) ? "not the same work" : digits(median(ms) / radapt);
      const megabytes = peakBytes ? digits(peakBytes / 1e6) : "–";
      const agreement = difference ? difference.difference.toExponential(0) : "–";
      return [label, digits(median(ms)), spread, ratio, digits((firstMs ?? Number.NaN) / 1000), megabytes, agreement];
    }),
  );
}

function ownTable({ groups, profiles }: Report): string {
  const sizes = [...new Map(groups.map((g) => [g.size, g])).values()];
  const head = [
    "",
    "LoRA step ÷ forward",
    "full step ÷ forward",
    "submit of a LoRA step, ms",
    "of the best product rate",
  ];
  return markdownTable(
    head,
    sizes.map(({ size, batch }) => {
      const row = groups
        .find((g) => g.size === size && g.work === "lora")
        ?.rows.find((r) => r.name === "radapt-webgpu");
      const profile = profiles.find((p) => p.size === size);
      const share = profile ? profile.flops / profile.ms / 1e6 / profile.best : Number.NaN;
      return [
        `${size}, batch ${batch}`,
        digits(profile?.toForward.lora ?? Number.NaN),
        digits(profile?.toForward.full ?? Number.NaN),
        digits(median(row?.submitMs ?? [])),
        digits(share),
      ];
    }),
  );
}

function profileTable({ size, batch, flops, dispatches, ms, shares }: StepProfile): string {
  const rows = shares.map(({ kind, share, gflops }) => [
    kind,
    `${(100 * share).toFixed(1)} %`,
    gflops === null ? "–" : digits(gflops),
  ]);
  const sum = `${digits(flops / 1e9)} GFLOP, ${dispatches} dispatches, ${digits(ms)} ms`;
  const title = `Where a LoRA step goes: ${size}, batch ${batch}: ${sum}`;
  return `${title}\n\n${markdownTable(["kernels", "share of time", "GFLOP/s"], rows)}`;
}

/** The whole report in Markdown, without a heading. */
export function markdown(report: Report): string {
  const { date, machine, environment, adapter, versions, groups, rates, profiles, submits } = report;
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const load = machine.load.map((l) => l.toFixed(1)).join(" → ");
  const parts = [
    `${environment} on ${adapter}; ${machine.cpu}, ${machine.cores} cores, load ${load}; ${date}. ` +
      `${libraries.join(", ")}.`,
    ...groups.map((group) => `**${titles[group.work]}, ${group.size}, batch ${group.batch}**\n\n${workTable(group)}`),
    `**Radapt by itself**\n\n${ownTable(report)}`,
  ];
  if (submits.length > 0) {
    const [low, middle, high] = [0.25, 0.5, 0.75].map((q) => digits(quantile(submits, q)));
    parts.push(
      "A LoRA step of twelve blocks, one small image with it, is encoded and handed to an idle device " +
        `in ${middle} ms (${low}–${high}, ${submits.length} repetitions).`,
    );
  }
  if (rates.length > 0) {
    const rows = rates.map(({ product, gflops }) => [product, digits(gflops)]);
    parts.push(`**Rates of matrix products**\n\n${markdownTable(["product", "GFLOP/s"], rows)}`);
  }
  parts.push(...profiles.map(profileTable));
  return `${parts.join("\n\n")}\n`;
}

/** Replaces the text between the markers of this name in a document, or appends the section. */
export function withSection(document: string, name: string, text: string): string {
  const [start, end] = [`<!-- bench ${name} -->`, `<!-- /bench ${name} -->`];
  const section = `${start}\n\n${text.trimEnd()}\n\n${end}`;
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from < 0 || to < from) return `${document.trimEnd()}\n\n${section}\n`;
  return document.slice(0, from) + section + document.slice(to + end.length);
}
