/** WebGPU in Node: Dawn, from the package webgpu. */
import { messageOf, RadaptError } from "../../../base/error";

/**
 * Milliseconds after a submit in which Dawn may ask as often as it likes: the end of short work
 * shows at once, and can be timed.
 */
const EAGER_MS = 8;

/**
 * Milliseconds between two questions later on: a share of the time since, so that it matters little
 * to what takes long, within limits.
 */
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

type Dawn = typeof import("webgpu");

let prepared: Promise<Dawn> | undefined;

// A variable keeps bundlers for browsers from following the Node-only package.
const packageName = "webgpu";
const importDawn = (): Promise<Dawn> => import(/* @vite-ignore */ packageName);

/**
 * Loads Dawn. It is an optional package, because it is large and the page needs none of it.
 *
 * @param load replaces the import in tests
 * @throws RadaptError `gpu.no-dawn` if the package is not installed or does not load here
 */
export async function loadDawn(load: () => Promise<Dawn> = importDawn): Promise<Dawn> {
  try {
    return await load();
  } catch (error) {
    throw new RadaptError("WebGPU in Node needs the package webgpu, which does not load here", {
      code: "gpu.no-dawn",
      expected: "the package webgpu (Dawn), installed for this system",
      got: messageOf(error).split("\n")[0],
      remedy: "Install it (npm install webgpu), or train on the processor (radapt … --device wasm).",
    });
  }
}

async function prepare(): Promise<Dawn> {
  const dawn = await loadDawn();
  Object.assign(globalThis, dawn.globals);
  restBetweenQuestions(globalThis);
  return dawn;
}

/**
 * A new entry point of WebGPU, with the drivers of now; defines the usual globals too
 * (GPUBufferUsage and the like).
 */
export async function openDawn(): Promise<GPU> {
  prepared ??= prepare();
  const gpu = (await prepared).create([]);
  held.push(gpu);
  return gpu;
}

/**
 * As long as a device lives Dawn asks in every turn of the event loop whether it has something to
 * tell: a busy loop that takes a core from software adapters and fills the heap
 * (github.com/dawn-gpu/node-webgpu/issues/17). It does so through the global `setImmediate`, with
 * functions that are not JavaScript; those rest between two turns, all others are called as ever.
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
