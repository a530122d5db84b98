/**
 * The network in jax-js: one jitted function for the forward pass, and one for a step with
 * valueAndGrad and AdamW.
 */
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
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

type Params = Record<string, np.Array>;

const upload = (arrays: Arrays): Params =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => [
      name,
      np.array(data as Float32Array<ArrayBuffer>, { shape }),
    ]),
  );

/**
 * Class token after the last norm, [B, D]. It reads every parameter exactly once, as the library's
 * ownership rules require.
 */
function features(net: Network, p: Params, images: np.Array): np.Array {
  const { batch, image, patch, width, depth, heads } = net;
  const side = image / patch;
  const tokens = tokensOf(net);
  const norm = (x: np.Array, name: string) =>
    nn.standardize(x, -1, { epsilon: LN_EPS }).mul(p[`${name}.weight`]).add(p[`${name}.bias`]);
  const linear = (x: np.Array, name: string) => {
    const [A, B] = [p[`${name}.lora_A`], p[`${name}.lora_B`]];
    const y = np.dot(A ? x.ref : x, p[`${name}.weight`]).add(p[`${name}.bias`]);
    return A ? y.add(np.dot(np.dot(x, A.transpose()), B.transpose()).mul(net.scaling)) : y;
  };
  const split = (x: np.Array) => x.reshape([batch, tokens, heads, width / heads]);

  const patches = images
    .reshape([batch, 3, side, patch, side, patch])
    .transpose([0, 2, 4, 1, 3, 5])
    .reshape([batch, side ** 2, 3 * patch ** 2]);
  const kernel = p["patch.weight"].reshape([width, 3 * patch ** 2]).transpose();
  const embedded = np.dot(patches, kernel).add(p["patch.bias"]);
  let x = np.concatenate([np.broadcastTo(p.cls_token, [batch, 1, width]), embedded], 1).add(p.pos_embed);
  for (let block = 0; block < depth; block++) {
    const at = `blocks.${block}.`;
    const normed = norm(x.ref, `${at}norm1`);
    const q = split(linear(normed.ref, `${at}attn.q`));
    const k = split(linear(normed.ref, `${at}attn.k`));
    const v = split(linear(normed, `${at}attn.v`));
    const mixed = nn.dotProductAttention(q, k, v).reshape([batch, tokens, width]);
    x = x.add(linear(mixed, `${at}attn.out`));
    const up = linear(norm(x.ref, `${at}norm2`), `${at}mlp.up`);
    x = x.add(linear(nn.gelu(up, { approximate: false }), `${at}mlp.down`));
  }
  return norm(x, "norm").slice([], 0, []);
}

function forwardRunner(net: Network): Runner {
  const weights = upload(weightsOf(net));
  const images = upload({ images: batchOf(net).images }).images;
  const compiled = jit((p: Params, x: np.Array) => features(net, p, x));
  let last: Float32Array;
  return {
    run: async () => {
      last = (await compiled(tree.ref(weights), images.ref).data()) as Float32Array;
      return {};
    },
    results: async () => ({ features: last }),
    dispose: () => {
      tree.dispose([weights, images]);
      compiled.dispose();
    },
  };
}

/** p, m and v after one AdamW update; `c1` and `c2` are the bias corrections of this step. */
function adamwUpdate([p, g, m, v]: np.Array[], c1: np.Array, c2: np.Array): [np.Array, np.Array, np.Array] {
  const { lr, beta1, beta2, eps, weightDecay } = optimizer;
  const m1 = m.mul(beta1).add(g.ref.mul(1 - beta1));
  const v1 = v.mul(beta2).add(g.ref.mul(g).mul(1 - beta2));
  const update = m1.ref.div(c1).div(np.sqrt(v1.ref.div(c2)).add(eps));
  return [p.mul(1 - lr * weightDecay).sub(update.mul(lr)), m1, v1];
}

function stepRunner(net: Network, work: Work): Runner {
  const weights = weightsOf(net);
  const trained = work === "lora" ? { ...loraOf(net), ...classifierOf(net) } : { ...weights, ...classifierOf(net) };
  const frozen = upload(work === "lora" ? weights : {});
  const zeros = (): Params =>
    Object.fromEntries(Object.entries(trained).map(([name, { shape }]) => [name, np.zeros(shape)]));
  const { images, labels } = batchOf(net);
  const x = upload({ images }).images;
  const hot = Float32Array.from({ length: net.batch * net.classes }, (_, i) =>
    labels[Math.floor(i / net.classes)] === i % net.classes ? 1 : 0,
  );
  const targets = np.array(hot, { shape: [net.batch, net.classes] });

  const lossOf = (t: Params, f: Params, input: np.Array, target: np.Array) => {
    const { "head.weight": head, "head.bias": bias, ...rest } = t;
    const logits = np.dot(features(net, { ...f, ...rest }, input), head.transpose()).add(bias);
    return nn
      .logSoftmax(logits, -1)
      .mul(target)
      .sum()
      .mul(-1 / net.batch);
  };
  const names = Object.keys(trained);
  const compiled = jit((t: Params, m: Params, v: Params, f: Params, input: np.Array, target: np.Array, c: Params) => {
    const [loss, g] = valueAndGrad(lossOf)(tree.ref(t), f, input, target);
    const next = { t: {} as Params, m: {} as Params, v: {} as Params };
    for (const name of names) {
      [next.t[name], next.m[name], next.v[name]] = adamwUpdate(
        [t[name], g[name], m[name], v[name]],
        c.c1.ref,
        c.c2.ref,
      );
    }
    tree.dispose(c);
    return { loss, ...next };
  });

  let state = { t: upload(trained), m: zeros(), v: zeros() };
  let steps = 0;
  return {
    run: async () => {
      const start = performance.now();
      const { beta1, beta2 } = optimizer;
      steps++;
      const corrections = { c1: np.array(1 - beta1 ** steps), c2: np.array(1 - beta2 ** steps) };
      const { t, m, v } = state;
      const { loss, ...next } = compiled(t, m, v, tree.ref(frozen), x.ref, targets.ref, corrections);
      state = next;
      const submitMs = performance.now() - start;
      const [value] = (await loss.data()) as Float32Array;
      await blockUntilReady(state);
      return { loss: value, submitMs };
    },
    // After the first step, the first moment is the gradient times 1 − beta1.
    results: async () => {
      const compared = work === "lora" ? names : comparedWeights;
      const out: Check = {};
      for (const name of compared) {
        const moment = (await state.m[name].ref.data()) as Float32Array;
        out[name] = moment.map((g) => g / (1 - optimizer.beta1));
      }
      return out;
    },
    dispose: () => {
      tree.dispose([state, frozen, x, targets]);
      compiled.dispose();
    },
  };
}

async function loadJax(device: "webgpu" | "wasm"): Promise<Contestant> {
  const found = await init(device);
  if (!found.includes(device))
    throw new Error(`jax-js has no ${device} here; it offers ${found.join(", ") || "nothing"}`);
  defaultDevice(device);
  return {
    label: `jax-js (${device === "wasm" ? "WASM" : "WebGPU"})`,
    works: ["forward", "lora", "full"],
    open: async (net, work) => (work === "forward" ? forwardRunner(net) : stepRunner(net, work)),
  };
}

export const loaders = { "jax-webgpu": () => loadJax("webgpu"), "jax-wasm": () => loadJax("wasm") };
