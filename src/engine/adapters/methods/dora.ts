/**
 * DoRA: LoRA that trains the magnitude m of each weight row separately from its direction: y = m ⊙
 * (W + s·BA)x / ‖W + s·BA‖, with one m per output. The gradient treats the norm as constant
 * (section 4.3). With dropout it computes what PEFT does: y = Wx + ((g − 1) ⊙ W + g ⊙ s·BA)
 * dropout(x), where g = m / ‖W + s·BA‖. arXiv 2402.09353
 */
import { z } from "zod";
import type { Builder } from "../../graph/builder";
import { channelShape } from "../../graph/tensor";
import type { Value } from "../../graph/value";
import { defineAdapter } from "../define";
import { lowRankDelta, lowRankPair, lowRankProduct, lowRankTargets, trainBiases } from "../low-rank";
import { lowRankOf, lowRankPeft, lowRankSettings, lowRankTitle } from "../low-rank-settings";
import type { AdaptableLayer } from "../structure";

/** The norm of each output's row of the stored weight. */
function rowNorms({ weight, outFeatures, inFeatures }: AdaptableLayer): Float32Array {
  const { data } = weight.data!;
  const [row, step] = weight.attrs.transposed === 1 ? [1, outFeatures] : [inFeatures, 1];
  return Float32Array.from({ length: outFeatures }, (_, o) => {
    let sum = 0;
    for (let i = 0; i < inFeatures; i++) sum += data[o * row + i * step] ** 2;
    return Math.sqrt(sum);
  });
}

/** The norm of each output's row, [out]. `axis` is the axis of the inputs. */
function norms(b: Builder, matrix: Value, axis: 0 | 1): Value {
  return b.reshape(b.op("Sqrt", [b.sum(b.mul(matrix, matrix), [axis])]), [matrix.shape[1 - axis]]);
}

export default defineAdapter({
  id: "dora",
  label: "DoRA",
  description: "LoRA that trains the strength of each output apart from its direction: closer to full fine-tuning.",
  paper: "https://arxiv.org/abs/2402.09353",
  order: 110,
  config: z.strictObject(lowRankSettings()),
  trainingDefaults: { lr: 3e-3, headLr: 1e-2 },
  presets: [{ label: "PEFT default", config: { r: 8, alpha: 8, dropout: 0, targets: "auto" } }],
  peft: {
    type: "LORA",
    fixed: { use_dora: true },
    fields: lowRankPeft,
    modules: ({ layers }, { targets }) => ({ targets: lowRankTargets(layers, targets) }),
  },
  title: (config) => lowRankTitle("DoRA", config),
  mergeable: true,
  apply: (context) => {
    const { b, layers, config, wrap, merge, dropout, trainable } = context;
    const targets = lowRankTargets(layers, config.targets);
    for (const layer of targets) {
      const { r, scaling } = lowRankOf(config, layer.module);
      const { A, B } = lowRankPair(context, layer, r);
      const { outFeatures: out, weight } = layer;
      const kernel = weight.shape.slice(2);
      const m = trainable(
        `${layer.module}.lora_magnitude_vector`,
        kernel.length ? [1, out, ...kernel.map(() => 1)] : [out],
        () => rowNorms(layer),
      );
      const update = b.scale(lowRankDelta(b, layer, A, B), scaling);
      const gain = (total: Value, axis: 0 | 1) => b.div(b.reshape(m, [out]), b.op("Detach", [norms(b, total, axis)]));
      const flat = (v: Value) => b.reshape(v, [out, layer.inFeatures]);
      wrap(layer, (x, base) => {
        const seen = dropout(x, config.dropout, layer.module);
        const low = lowRankProduct(b, layer, seen, { A, B, scaling });
        // Works in the layout of the stored weight, so that no transposed copy stays in memory.
        const g = b.reshape(
          weight.attrs.transposed === 1
            ? gain(b.add(weight, b.transpose(update, [1, 0])), 0)
            : gain(flat(b.add(weight, update)), 1),
          channelShape(out, low.shape.length, layer.productAxis),
        );
        if (seen === x) return b.mul(b.add(base(x), low), g);
        return b.add(base(x), b.add(b.mul(base(seen), b.sub(g, b.scalar(1))), b.mul(low, g)));
      });
      merge(layer, ({ weight: w, bias }) => {
        const total = b.add(w, update);
        return { weight: b.mul(total, b.reshape(gain(flat(total), 1), [out, ...kernel.map(() => 1), 1])), bias };
      });
    }
    trainBiases(context, targets);
  },
});
