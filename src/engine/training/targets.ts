/** The targets and weights that a batch's labels make for a loss. */

export interface LossTargets {
  /** [n, C] */
  targets: Float32Array;
  /** [n]; they sum to 1, or are all zero where no image has weight. */
  weights: Float32Array;
}

/**
 * Targets and weights of a batch whose images are shares of classes: m[i][c], one-hot for plain
 * labels, two shares after mixup. With class weights w and smoothing ε the loss is that of
 * PyTorch's `CrossEntropyLoss(weight=w, label_smoothing=ε)`: Σ_ic w_c·((1 − ε)·m_ic + ε/C)·l_ic /
 * Σ_ic w_c·m_ic, the smoothed part weighted class by class.
 *
 * @param shares [n, C], each row sums to 1
 * @param classWeights [C]
 * @param smoothing ε, from 0 to below 1
 */
export function lossTargets(shares: Float32Array, classWeights: readonly number[], smoothing = 0): LossTargets {
  const classes = classWeights.length;
  const count = shares.length / classes;
  const weightOf = (i: number) => {
    let weight = 0;
    for (let c = 0; c < classes; c++) weight += classWeights[c] * shares[i * classes + c];
    return weight;
  };
  const own = Array.from({ length: count }, (_, i) => weightOf(i));
  const total = own.reduce((sum, weight) => sum + weight, 0);
  const targets = shares.map((share, at) => {
    const weight = own[Math.floor(at / classes)];
    const smoothed = (1 - smoothing) * share + smoothing / classes;
    return weight > 0 ? (classWeights[at % classes] * smoothed) / weight : 0;
  });
  return { targets, weights: Float32Array.from(own, (weight) => (total > 0 ? weight / total : 0)) };
}

/** [n, C] */
export function oneHot(labels: ArrayLike<number>, classes: number): Float32Array {
  const out = new Float32Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) out[i * classes + labels[i]] = 1;
  return out;
}

/** Plain labels' targets; classes weigh 1 each where no weights are given. */
export function targetsOf(
  labels: ArrayLike<number>,
  classes: number,
  classWeights: readonly number[] = new Array<number>(classes).fill(1),
  smoothing = 0,
): LossTargets {
  return lossTargets(oneHot(labels, classes), classWeights, smoothing);
}
