/** Dawn polls less often while nothing runs, and a missing package is reported by name. */
import { describe, expect, it } from "vitest";
import { loadDawn, type NodeGlobals, throttlePolling } from "./dawn";

/** Globals of Node that record their calls, and a clock that the test sets. */
function watched() {
  const calls: string[] = [];
  let time = 0;
  const globals: NodeGlobals = {
    setImmediate: () => calls.push("at once"),
    setTimeout: (_, ms) => calls.push(`after ${ms} ms`),
    GPUQueue: { prototype: { submit: () => calls.push("submit") } },
  };
  throttlePolling(globals, () => time);
  return { calls, globals, wait: (ms: number) => void (time += ms) };
}

/** A native function without a name, like those with which Dawn polls. */
const native = Object.defineProperty((() => undefined).bind(null), "name", { value: "" });

describe("Dawn's questions in Node", () => {
  it("are asked in every turn soon after a submit, and with longer and longer rests later on", () => {
    const { calls, globals, wait } = watched();
    globals.setImmediate(native);
    wait(20);
    globals.setImmediate(native);
    globals.GPUQueue.prototype.submit([]);
    globals.setImmediate(native);
    wait(20);
    globals.setImmediate(native);
    wait(300);
    globals.setImmediate(native);
    wait(60_000);
    globals.setImmediate(native);
    const rests = ["after 1 ms", "after 5 ms", "after 16 ms"];
    expect(calls).toEqual(["at once", "after 1 ms", "submit", "at once", ...rests]);
  });

  it("leave everybody else's setImmediate as it was", () => {
    const { calls, globals, wait } = watched();
    wait(20);
    globals.setImmediate(() => undefined);
    globals.setImmediate(function named() {}.bind(null));
    expect(calls).toEqual(["at once", "at once"]);
  });
});

describe("Dawn's package", () => {
  it("is asked for by name where it is not installed", async () => {
    const missing = async (): Promise<never> => {
      throw new Error("Cannot find package 'webgpu' imported from somewhere\nRequire stack");
    };
    await expect(loadDawn(missing)).rejects.toMatchObject({
      code: "gpu.no-dawn",
      message: expect.stringMatching(/Cannot find package 'webgpu'[\s\S]*npm install webgpu[\s\S]*--device wasm/),
    });
  });
});
