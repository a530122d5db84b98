/**
 * The network in TensorFlow.js on its WebGPU backend. AdamW follows the library's own optimisers:
 * one update per weight.
 */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import "@tensorflow/tfjs-backend-webgpu";
import { type Check, type Contestant, comparedWeights, type Runner, type Work } from "../contestant";
import {
  type Arrays,
  batchOf,
  classifierOf,
  LN_EPS,
  loraOf,
  type Network,
  optimizer,
  tokensOf,
  weightsOf,
} from "../vit";

type Params = Record<string, tf.Tensor>;

const upload = (arrays: Arrays): Params =>
  Object.fromEntries(Object.entries(arrays).map(([name, { shape, data }]) => [name, tf.tensor(data, shape)]));

/** Class token after the last norm, [B, D]. */
function features(net: Network, p: Params, images: tf.Tensor): tf.Tensor2D {
  const { batch, image, patch, width, depth, heads } = net;
  const side = image / patch;
  const tokens = tokensOf(net);
  const rows = batch * tokens;
  const norm = (x: tf.Tensor, name: string) => {
    const { mean, variance } = tf.moments(x, -1, true);
    const standard = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, LN_EPS)));
    return tf.add(tf.mul(standard, p[`${name}.weight`]), p[`${name}.bias`]);
  };
  /** Applies a linear layer to rows [B·N, in]. */
  const linear = (x: tf.Tensor2D, name: string): tf.Tensor2D => {
    const y = tf.fused.matMul({ a: x, b: p[`${name}.weight`], bias: p[`${name}.bias`] }) as tf.Tensor2D;
    const [A, B] = [p[`${name}.lora_A`], p[`${name}.lora_B`]];
    if (!A) return y;
    return tf.add(
      y,
      tf.mul(tf.matMul(tf.matMul(x, A as tf.Tensor2D, false, true), B as tf.Tensor2D, false, true), net.scaling),
    );
  };
  const split = (x: tf.Tensor) => tf.transpose(tf.reshape(x, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]);

  const cut = tf.transpose(tf.reshape(images, [batch, 3, side, patch, side, patch]), [0, 2, 4, 1, 3, 5]);
  const patches = tf.reshape(cut, [batch * side ** 2, 3 * patch ** 2]) as tf.Tensor2D;
  const kernel = tf.reshape(p["patch.weight"], [width, 3 * patch ** 2]) as tf.Tensor2D;
  const embedded = tf.reshape(tf.add(tf.matMul(patches, kernel, false, true), p["patch.bias"]), [
    batch,
    side ** 2,
    width,
  ]);
  const tokensIn = tf.concat([tf.tile(p.cls_token, [batch, 1, 1]), embedded], 1);
  let x: tf.Tensor2D = tf.reshape(tf.add(tokensIn, p.pos_embed), [rows, width]);
  for (let block = 0; block < depth; block++) {
    const at = `blocks.${block}.`;
    const normed = norm(x, `${at}norm1`) as tf.Tensor2D;
    const [q, k, v] = ["q", "k", "v"].map((part) => split(linear(normed, `${at}attn.${part}`)));
    const scores = tf.mul(tf.matMul(q, k, false, true), Math.sqrt(heads / width));
    const mixed = tf.transpose(tf.matMul(tf.softmax(scores, -1), v), [0, 2, 1, 3]);
    x = tf.add(x, linear(tf.reshape(mixed, [rows, width]), `${at}attn.out`));
    const up = linear(norm(x, `${at}norm2`) as tf.Tensor2D, `${at}mlp.up`);
    const active = tf.mul(tf.mul(up, tf.add(tf.erf(tf.mul(up, Math.SQRT1_2)), 1)), 0.5) as tf.Tensor2D;
    x = tf.add(x, linear(active, `${at}mlp.down`));
  }
  const first = tf.slice(tf.reshape(x, [batch, tokens, width]), [0, 0, 0], [batch, 1, width]);
  return tf.reshape(norm(first, "norm"), [batch, width]);
}

function forwardRunner(net: Network): Runner {
  const weights = upload(weightsOf(net));
  const { images } = upload({ images: batchOf(net).images });
  let last: Float32Array;
  return {
    run: async () => {
      const y = tf.tidy(() => features(net, weights, images));
      last = (await y.data()) as Float32Array;
      y.dispose();
      return {};
    },
    results: async () => ({ features: last }),
    dispose: () => tf.dispose([weights, images]),
  };
}

function stepRunner(net: Network, work: Work): Runner {
  const weights = weightsOf(net);
  const trained = work === "lora" ? { ...loraOf(net), ...classifierOf(net) } : { ...weights, ...classifierOf(net) };
  const frozen = upload(work === "lora" ? weights : {});
  const names = Object.keys(trained);
  let p = Object.values(upload(trained));
  let m = p.map((t) => tf.zerosLike(t));
  let v = p.map((t) => tf.zerosLike(t));
  const { images, labels } = batchOf(net);
  const x = upload({ images }).images;
  const targets = tf.oneHot(tf.tensor1d(labels, "int32"), net.classes, 1, 0, "float32");

  const lossOf = (...list: tf.Tensor[]) => {
    const params = { ...frozen, ...Object.fromEntries(names.map((name, i) => [name, list[i]])) };
    const y = features(net, params, x);
    const logits = tf.add(tf.matMul(y, params["head.weight"] as tf.Tensor2D, false, true), params["head.bias"]);
    return tf.mul(tf.sum(tf.mul(tf.logSoftmax(logits), targets)), -1 / net.batch) as tf.Scalar;
  };
  const gradient = tf.valueAndGrads(lossOf);
  let steps = 0;
  return {
    run: async () => {
      const start = performance.now();
      const { lr, beta1, beta2, eps, weightDecay } = optimizer;
      steps++;
      const [c1, c2] = [1 - beta1 ** steps, 1 - beta2 ** steps];
      const next = tf.tidy(() => {
        const { value, grads } = gradient(p);
        const m1 = m.map((old, i) => tf.add(tf.mul(old, beta1), tf.mul(grads[i], 1 - beta1)));
        const v1 = v.map((old, i) => tf.add(tf.mul(old, beta2), tf.mul(tf.square(grads[i]), 1 - beta2)));
        const p1 = p.map((old, i) => {
          const update = tf.div(tf.div(m1[i], c1), tf.add(tf.sqrt(tf.div(v1[i], c2)), eps));
          return tf.sub(tf.mul(old, 1 - lr * weightDecay), tf.mul(update, lr));
        });
        return { value, p: p1, m: m1, v: v1 };
      });
      tf.dispose([p, m, v]);
      ({ p, m, v } = next);
      const submitMs = performance.now() - start;
      const [loss] = await next.value.data();
      // The loss is known before the update is done, so this also waits for the last weight.
      await p[p.length - 1].data();
      next.value.dispose();
      return { loss, submitMs };
    },
    // After the first step, the first moment is the gradient times 1 − beta1.
    results: async () => {
      const out: Check = {};
      for (const name of work === "lora" ? names : comparedWeights) {
        const moment = (await m[names.indexOf(name)].data()) as Float32Array;
        out[name] = moment.map((g) => g / (1 - optimizer.beta1));
      }
      return out;
    },
    dispose: () => tf.dispose([p, m, v, frozen, x, targets]),
  };
}

export const loaders = {
  "tfjs-webgpu": async (): Promise<Contestant> => {
    if (!(await tf.setBackend("webgpu").catch(() => false))) throw new Error("tfjs finds no WebGPU here");
    await tf.ready();
    return {
      label: "tfjs (WebGPU)",
      works: ["forward", "lora", "full"],
      open: async (net, work) => (work === "forward" ? forwardRunner(net) : stepRunner(net, work)),
    };
  },
};
