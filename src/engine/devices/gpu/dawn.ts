/** WebGPU in Node through Dawn, which the package `webgpu` provides. */
import { messageOf, RadaptError } from "../../../base/error";

/**
 * Milliseconds after a submit in which Dawn may poll as often as it likes. The end of short work
 * then shows at once, so that it can be timed.
 */
const EAGER_MS = 8;

/**
 * Later, the wait between two polls is this share of the time since the submit, within limits in
 * milliseconds. The delay then stays small compared to the work.
 */
const WAIT_SHARE = 1 / 64;
const [MIN_WAIT_MS, MAX_WAIT_MS] = [1, 16];

/** The globals of Node that throttling needs. */
export interface NodeGlobals {
  setImmediate: (callback: () => void) => unknown;
  setTimeout: (callback: () => void, ms: number) => unknown;
  GPUQueue: { prototype: { submit(buffers: Iterable<GPUCommandBuffer>): unknown } };
}

/**
 * Keeps every entry point for good. A Dawn device crashes when its entry point is
 * garbage-collected.
 */
const keptAlive: GPU[] = [];

type Dawn = typeof import("webgpu");

let prepared: Promise<Dawn> | undefined;

// A variable keeps bundlers for browsers from following this package, which only Node has.
const packageName = "webgpu";
const importDawn = (): Promise<Dawn> => import(/* @vite-ignore */ packageName);

/**
 * Loads Dawn, which is an optional package: it is large, and the page does not need it.
 *
 * @param load replaces the import in tests
 * @throws RadaptError `gpu.no-dawn` if the package is not installed or does not load on this system
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
  throttlePolling(globalThis);
  return dawn;
}

/**
 * Opens a new entry point of WebGPU, which sees the drivers that are present now. The first call
 * also defines WebGPU's usual globals, such as `GPUBufferUsage`.
 *
 * @throws RadaptError `gpu.no-dawn`
 */
export async function openDawn(): Promise<GPU> {
  prepared ??= prepare();
  const gpu = (await prepared).create([]);
  keptAlive.push(gpu);
  return gpu;
}

/**
 * Makes Dawn poll less often while a device lives. Dawn polls in every turn of the event loop,
 * which occupies a core that software adapters need, and which fills the heap
 * (github.com/dawn-gpu/node-webgpu/issues/17). It polls through the global `setImmediate` with
 * native functions, so this delays native functions only.
 *
 * @param now a clock in milliseconds
 */
export function throttlePolling(globals: NodeGlobals, now: () => number = () => performance.now()): void {
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
      return setTimeout(args[0], Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, WAIT_SHARE * since)));
    },
  });
}

const isNative = (f: unknown) =>
  typeof f === "function" && f.name === "" && Function.prototype.toString.call(f).includes("[native code]");
