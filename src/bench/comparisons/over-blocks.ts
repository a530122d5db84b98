/**
 * The effect of a method over backbones, and of a backbone over methods: means, and from five
 * blocks on Friedman's test with Nemenyi's (stats/friedman.ts). A block is a backbone (or a method)
 * with every method (or backbone); its values are the means over test parts.
 *
 * Folds are no blocks: their training sets overlap, and five of them cannot reach p 0.05 in a
 * Wilcoxon test.
 */

import { groupBy } from "../../base/group-by";
import { fixedText } from "../../base/number-text";
import { summariseMetric } from "../aggregate";
import { pText } from "../figure-words";
import { compareRanks, mean, type RankComparison } from "../stats";
import type { ComparedGroup, ComparedGroups } from "./compared-groups";
import { type Comparison, defineComparison } from "./comparison";

export interface OverBlocks {
  /** Means over the complete blocks, best first. */
  treatments: { name: string; mean: number }[];
  /** Names of the blocks in which every treatment has a value. */
  blocks: string[];
  /** In the order of `treatments`; null where blocks or treatments are too few. */
  ranks: RankComparison | null;
}

const FEWEST_BLOCKS = 5;
const FEWEST_TREATMENTS = 3;

interface Roles {
  id: string;
  label: string;
  /** What is compared, and over what, in the singular. */
  treatment: "method" | "backbone";
  block: "method" | "backbone";
}

export const overBackbones = overBlocks({
  id: "over-backbones",
  label: "Methods over backbones",
  treatment: "method",
  block: "backbone",
});

export const overMethods = overBlocks({
  id: "over-methods",
  label: "Backbones over methods",
  treatment: "backbone",
  block: "method",
});

function overBlocks({ id, label, treatment, block }: Roles): Comparison<OverBlocks> {
  return defineComparison<OverBlocks>({
    id,
    label,
    needs({ groups, progress }) {
      const count = (role: Roles["block"]) => new Set(groups.map(({ labels }) => labels[role])).size;
      for (const role of [treatment, block])
        if (count(role) < 2) return `There is one ${role} only: nothing to compare over ${block}s.`;
      return progress.missing === 0 || "Not judged before every run is there.";
    },
    compute(compared) {
      const byBlock = groupBy(compared.groups, ({ labels }) => labels[block]);
      const names = [...new Set(compared.groups.map(({ labels }) => labels[treatment]))];
      const complete = [...byBlock].flatMap(([name, groups]) => {
        const values = names.map((own) =>
          meanOfBlocks(
            groups.find(({ labels }) => labels[treatment] === own),
            compared,
          ),
        );
        return values.some(Number.isNaN) ? [] : [{ name, values }];
      });
      const sign = compared.metric.direction === "higher" ? 1 : -1;
      const treatments = names
        .map((name, j) => ({ name, j, mean: mean(complete.map(({ values }) => values[j])) }))
        .sort((a, b) => sign * (b.mean - a.mean));
      const enough = complete.length >= FEWEST_BLOCKS && names.length >= FEWEST_TREATMENTS;
      const ranked = complete.map(({ values }) => treatments.map(({ j }) => sign * values[j]));
      return {
        treatments: treatments.map(({ name, mean }) => ({ name, mean })),
        blocks: complete.map(({ name }) => name),
        ranks: enough ? compareRanks(ranked, compared.level) : null,
      };
    },
    says({ treatments, blocks, ranks }, { metric }) {
      if (blocks.length === 0) return `No ${block} has a value of every ${treatment}.`;
      const rankOf = (j: number) => (ranks ? `, mean rank ${ranks.meanRanks[j].toFixed(1)}` : "");
      const means = treatments.map(({ name, mean }, j) => `${name} ${fixedText(mean, 3)}${rankOf(j)}`).join("; ");
      const over = blocks.length === 1 ? `one ${block}` : `${blocks.length} ${block}s`;
      const first = `Mean ${metric.label} over ${over}: ${means}.`;
      return `${first} ${ranks ? rankSentences(treatments, ranks, block) : refusal(treatments, blocks, treatment, block)}`;
    },
  });
}

function meanOfBlocks(group: ComparedGroup | undefined, { metric }: ComparedGroups): number {
  return group ? summariseMetric(group, metric.id).mean : Number.NaN;
}

function refusal(treatments: unknown[], blocks: unknown[], treatment: string, block: string): string {
  const [kind, fewest, count] =
    treatments.length < FEWEST_TREATMENTS
      ? [treatment, FEWEST_TREATMENTS, treatments.length]
      : [block, FEWEST_BLOCKS, blocks.length];
  return `Friedman's test needs at least ${fewest} ${kind}s, and there are ${count}: the means are not tested.`;
}

function rankSentences(treatments: OverBlocks["treatments"], ranks: RankComparison, block: string): string {
  const { p, pairP, level } = ranks;
  const limits = `It speaks of further ${block}s on the same patients, not of further patients, and does not decide.`;
  if (!(p < 1 - level))
    return `Friedman's test shows no difference (${Number.isNaN(p) ? "all are tied" : pText(p)}). ${limits}`;
  const pairs = treatments.flatMap((a, i) =>
    treatments.flatMap((b, j) =>
      i < j && pairP[i][j] < 1 - level ? [`${a.name} and ${b.name} (${pText(pairP[i][j])})`] : [],
    ),
  );
  const shown = pairs.slice(0, 4).join("; ") + (pairs.length > 4 ? `; and ${pairs.length - 4} more` : "");
  const which = pairs.length > 0 ? `By Nemenyi's test these differ: ${shown}.` : "Nemenyi's test does not tell which.";
  return `Friedman's test shows a difference (${pText(p)}). ${which} ${limits}`;
}
