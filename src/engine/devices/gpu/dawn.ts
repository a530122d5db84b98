/** WebGPU in Node: Dawn, from the package webgpu. */

/** Milliseconds after a submit in which Dawn may ask as often as it likes: short work is told of at once, and can be timed. */
const EAGER_MS = 8;

/** Milliseconds between two questions later on: a share of the time since, so that it matters little to what takes long, within limits. */
const REST_SHARE = 1 / 64;
const [MIN_REST_MS, MAX_REST_MS] = [1, 16];

/** What is needed of Node's globals. */
export interface NodeGlobals {
  setImmediate: (callback: () => void) => unknown;
  setTimeout: (callback: () => void, ms: number) => unknown;
  GPUQueue: { prototype: { submit(buffers: Iterable<GPUCommandBuffer>): unknown } };
}

/** Held for good: when Dawn's entry point is collected as garbage its devices crash. */
const held: GPU[] = [];

let prepared: Promise<typeof import("webgpu")> | undefined;

async function prepare() {
  // A variable keeps bundlers for browsers from following the Node-only package.
  const packageName = "webgpu";
  const dawn: typeof import("webgpu") = await import(/* @vite-ignore */ packageName);
  Object.assign(globalThis, dawn.globals);
  restBetweenQuestions(globalThis);
  return dawn;
}

/** A new entry point of WebGPU, with the drivers of now; defines the usual globals too (GPUBufferUsage and the like). */
export async function openDawn(): Promise<GPU> {
  prepared ??= prepare();
  const gpu = (await prepared).create([]);
  held.push(gpu);
  return gpu;
}

/**
 * As long as a device lives Dawn asks in every turn of the event loop whether it has something to tell: a busy loop that takes a
 * core from software adapters and fills the heap (github.com/dawn-gpu/node-webgpu/issues/17). It does so through the global
 * `setImmediate`, with functions that are not JavaScript; those rest between two turns, all others are called as ever.
 */
export function restBetweenQuestions(globals: NodeGlobals, now: () => number = () => performance.now()): void {
  const { setImmediate, setTimeout } = globals;
  const { prototype } = globals.GPUQueue;
  let submitted = now();
  prototype.submit = new Proxy(prototype.submit, {
    apply: (submit, queue, args) => {
      submitted = now();
      return Reflect.apply(submit, queue, args);
    },
  });
  globals.setImmediate = new Proxy(setImmediate, {
    apply: (_, self, args: Parameters<typeof setImmediate>) => {
      const since = now() - submitted;
      if (since <= EAGER_MS || !isNative(args[0])) return Reflect.apply(setImmediate, self, args);
      return setTimeout(args[0], Math.min(MAX_REST_MS, Math.max(MIN_REST_MS, REST_SHARE * since)));
    },
  });
}

const isNative = (f: unknown) =>
  typeof f === "function" && f.name === "" && Function.prototype.toString.call(f).includes("[native code]");
