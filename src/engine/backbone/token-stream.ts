/**
 * Finds the token stream of a plain vision transformer: one residual stream whose blocks each read
 * all tokens [B, N, D], or [N, B, D], in one attention. Networks with windows (Swin) or feature
 * maps (CNNs, MobileViT) have none.
 */
import type { Value } from "../graph/value";
import type { Attention } from "./attention";
import { behindViews, type GraphView, reaches } from "./graph-view";
import { isInBranch, type Residual, residualStream } from "./residual";

/** A block of the stream. */
export interface TokenBlock {
  /** The tokens that all branches of the block and its residual sum read. */
  input: Value;
  attention: Attention;
}

/** The blocks of a plain vision transformer. */
export interface TokenStream {
  blocks: TokenBlock[];
  /** The last residual sum. */
  end: Value;
  /** Width D of a token. */
  width: number;
}

interface FoundTokens {
  view: GraphView;
  attentions: readonly Attention[];
  residuals: ReadonlyMap<Value, Residual>;
}

interface Chain {
  branches: { root: Value; attentions: Attention[] }[];
  end: Value;
}

/** The chains of residual sums, with the attentions in their branches. */
function chainsOf({ view, attentions, residuals }: FoundTokens): Chain[] {
  const continued = new Set([...residuals.values()].map((r) => behindViews(r.skip)));
  const lasts = [...residuals.values()].filter((r) => !continued.has(r.sum));
  return lasts.map((last) => ({
    end: last.sum,
    branches: residualStream(residuals, last).flatMap((r) => {
      const own = attentions.filter((a) => isInBranch(view, r, a.mix));
      return own.length > 0 ? [{ root: r.root, attentions: own }] : [];
    }),
  }));
}

/**
 * Finds the stream.
 *
 * @param reached values on which the feature depends; other blocks do not count
 * @returns the stream, or the reason why there is none, as a phrase that follows "it has"
 */
export function findTokenStream(found: FoundTokens, reached: ReadonlySet<Value>): TokenStream | { reason: string } {
  const { view } = found;
  const attentions = found.attentions.filter((a) => reached.has(a.mix));
  if (attentions.length === 0) return { reason: "no attention, hence no tokens" };
  const residuals = new Map([...found.residuals].filter(([sum]) => reached.has(sum)));
  const [chain] = chainsOf({ view, attentions, residuals }).sort((a, b) => b.branches.length - a.branches.length);
  if (!chain || chain.branches.length === 0)
    return { reason: "no residual stream around its attentions (normalisation before each branch)" };
  const { branches, end } = chain;
  if (branches.some((r) => r.attentions.length > 1)) return { reason: "several attentions in one residual branch" };
  const blocks = branches.map((r): TokenBlock => ({ input: r.root, attention: r.attentions[0] }));
  const [{ input }] = blocks;
  if (attentions.some((a) => reaches(view, input, a.mix, false)))
    return { reason: "several stages of attention, on windows or maps" };
  const width = input.shape.at(-1)!;
  if (blocks.some((block) => block.input.shape.length !== 3 || block.input.shape[2] !== width))
    return { reason: "blocks that do not read tokens [B, N, D] of one width" };
  return { blocks, end, width };
}
