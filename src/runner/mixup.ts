/** Mixup (arXiv 1710.09412): mixes a batch with itself in another order. */
import type { Prng } from "../base";
import { drawBeta } from "../base/beta";

export interface Mix {
  /** λ, the share of the image itself. */
  share: number;
  /** For each image the position of the one mixed into it: a permutation. */
  partner: readonly number[];
}

/**
 * One share for the batch from Beta(α, α), and partners in random order, as the paper's code has
 * it.
 */
export function drawMix(prng: Prng, alpha: number, count: number): Mix {
  const share = drawBeta(prng, alpha, alpha);
  return { share, partner: prng.shuffled(Array.from({ length: count }, (_, i) => i)) };
}

/** λ·own + (1 − λ)·partner of rows [n, …], either images or one-hot classes. */
export function mixed(rows: Float32Array, { share, partner }: Mix): Float32Array {
  const width = rows.length / partner.length;
  return rows.map((own, at) => {
    const i = Math.floor(at / width);
    return share * own + (1 - share) * rows[at + (partner[i] - i) * width];
  });
}
