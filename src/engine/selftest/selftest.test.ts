/**
 * Runs the self-test on the reference interpreter, and on devices that compute wrong results on
 * purpose. It must name what is wrong.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { steppedMethods } from "../adapters";
import { createCpuDevice } from "../devices/cpu";
import { topological, type Value } from "../graph/value";
import { ops } from "../ops";
import { allCases } from "../ops/testing";
import type { Device } from "../training/device";
import { selfTest } from "./index";
import { judge, type SelfTestRow } from "./row";
import { errorText, failures, groups, summarise } from "./summary";

const cpu = () => createCpuDevice() as Device;

/**
 * A device that changes results of graphs for which `concerns` holds. `pick` selects the results to
 * change, by default the first one.
 */
function wrong(
  concerns: (outputs: readonly Value[]) => boolean,
  change: (data: Float32Array) => void,
  pick: (results: Float32Array[]) => Float32Array[] = (results) => results.slice(0, 1),
): Device {
  const right = cpu();
  return {
    ...right,
    createInferenceProgram: async (image, outputs) => {
      const inferenceProgram = await right.createInferenceProgram(image, outputs);
      const run = async (data: Float32Array) => {
        const results = (await inferenceProgram.run(data)).map((r) => r.slice());
        if (concerns(outputs)) pick(results).forEach(change);
        return results;
      };
      return { ...inferenceProgram, run };
    },
  };
}

/** Negates the smallest element among those larger than 1e-5 of the largest. */
function negateSmall(data: Float32Array): void {
  const largest = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const size = (i: number) => (Math.abs(data[i]) > 1e-5 * largest ? Math.abs(data[i]) : Number.POSITIVE_INFINITY);
  const at = data.reduce((smallest, _, i) => (size(i) < size(smallest) ? i : smallest), 0);
  data[at] *= -1;
}

/** Whether a graph contains the operator. */
const uses = (type: string) => (outputs: readonly Value[]) => topological(outputs).some((v) => v.op === type);
const named = (rows: readonly SelfTestRow[]) => [...new Set(rows.map(({ what, name }) => `${what} ${name}`))].sort();

describe("a right device", () => {
  let rows: SelfTestRow[];
  const progress: number[] = [];
  beforeAll(async () => {
    rows = await selfTest(cpu(), { onProgress: ({ done, total }) => progress.push(done / total) });
  }, 60_000);

  test("passes every check", () => {
    expect(failures(rows)).toEqual([]);
    expect(summarise(rows).sentence).toMatch(new RegExp(`^All ${rows.length} checks pass`));
  });

  test("is asked for every case of every operator and for every method that trains in steps", () => {
    const of = (what: SelfTestRow["what"]) => rows.filter((r) => r.what === what);
    expect(of("op")).toHaveLength(allCases.length);
    expect(new Set(of("op").map((r) => r.name))).toEqual(
      new Set([...ops.values()].filter((d) => d.cases.length > 0).map((d) => d.type)),
    );
    expect(new Set(of("method").map((r) => r.name))).toEqual(new Set(steppedMethods.map((a) => a.id)));
    expect(new Set(of("gradient").map((r) => r.name))).toEqual(expect.objectContaining(new Set(["MatMul", "Softmax"])));
  });

  test("tells how far it is, up to the end", () => {
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
  });

  test("agrees with PyTorch, not with itself", () => {
    const method = rows.filter((r) => r.what === "method");
    expect(Math.max(...method.map((r) => r.error!))).toBeGreaterThan(0);
  });
});

describe("a wrong device", () => {
  test("an operator's wrong element is reported by name, with its error", async () => {
    const rows = await selfTest(
      wrong(uses("Erf"), (data) => {
        data[0] += 0.01;
      }),
    );
    const failed = failures(rows);
    expect(named(failed)).toEqual(expect.arrayContaining(["op Erf"]));
    const own = failed.filter((r) => r.what === "op" && r.name === "Erf");
    for (const row of own) {
      expect(row.error).toBeGreaterThan(0.005);
      expect(row.message).toMatch(/^element 0 is .*, expected /);
    }
    expect(failed.every((r) => r.name === "Erf" || r.what !== "op")).toBe(true);
    expect(summarise(rows).sentence).toContain(`${failed.length} of ${rows.length} checks fail`);
  });

  test("the wrong sign of one small gradient is seen, in every operator and in every method", async () => {
    const right = wrong(
      () => true,
      negateSmall,
      (results) => results.slice(1),
    );
    const device: Device = {
      ...right,
      createTrainingProgram: async (...args) => {
        const program = await right.createTrainingProgram(...args);
        const readGradients = async () => {
          const gradients = (await program.readGradients()).map((g) => g.slice());
          gradients.forEach(negateSmall);
          return gradients;
        };
        return { ...program, readGradients };
      },
    };
    const rows = (await selfTest(device)).filter((r) => r.what === "gradient");
    // Products of thousands of numbers underflow to zero, which has no sign.
    const underflown = ['ReduceProd [2,4097] {"axes":[1]}', 'ReduceProd [4100,4] {"axes":[0]}'];
    expect(rows.filter((r) => r.verdict === "pass").map((r) => `${r.name} ${r.case}`)).toEqual(underflown);
  });

  test("a number that is none is a failure, whatever the tolerance", async () => {
    const rows = await selfTest(wrong(uses("Softmax"), (data) => data.fill(Number.NaN)));
    const own = failures(rows).filter((r) => r.what === "op" && r.name === "Softmax");
    expect(own).toHaveLength(allCases.filter(({ def }) => def.type === "Softmax").length);
    expect(own.every((r) => r.error === null && r.verdict === "fail")).toBe(true);
  });

  test("a device that cannot compile a kernel does not end the test", async () => {
    const right = cpu();
    const device: Device = {
      ...right,
      createInferenceProgram: (image, outputs) =>
        uses("Softmax")(outputs)
          ? Promise.reject(new Error("a shader does not compile"))
          : right.createInferenceProgram(image, outputs),
    };
    const rows = await selfTest(device);
    const failed = rows.filter((r) => r.verdict === "error" && r.what === "op");
    expect(named(failed)).toEqual(["op Softmax"]);
    expect(failed[0].message).toBe("a shader does not compile");
    expect(rows.filter((r) => r.what === "op")).toHaveLength(allCases.length);
  });

  test("a wrong optimiser is seen in the trained values of every method, and in nothing else", async () => {
    const right = cpu();
    const device: Device = {
      ...right,
      createTrainingProgram: async (...args) => {
        const program = await right.createTrainingProgram(...args);
        const read = async () => (await program.read()).map((p) => p.map((x) => x * 1.01));
        return { ...program, read };
      },
    };
    const failed = failures(await selfTest(device));
    expect(named(failed)).toEqual(steppedMethods.map((a) => `method ${a.id}`).sort());
    expect(failed.every((r) => r.case.includes("trained values") && r.error! > 0.009)).toBe(true);
    expect(failed[0].message).toContain("change of base_model.model.");
  });
});

test("an abort ends the test between two checks", async () => {
  const control = new AbortController();
  const done: number[] = [];
  const running = selfTest(cpu(), {
    signal: control.signal,
    onProgress: (p) => {
      done.push(p.done);
      if (p.done === 3) control.abort(new Error("enough"));
    },
  });
  await expect(running).rejects.toThrow("enough");
  expect(done.at(-1)).toBe(3);
});

test("missing numbers and those that are none fail, and a message names the element", () => {
  const [want, atol] = [[0, 4, -2], 0];
  expect(judge([{ label: "w", got: undefined, want, atol }], 1)).toMatchObject({
    verdict: "fail",
    error: null,
    message: "w: no numbers of that name and shape came",
  });
  expect(judge([{ label: "", got: [0, 4], want, atol }], 1).message).toBe("2 numbers came, expected 3");
  expect(judge([{ label: "", got: [0, 4, Number.POSITIVE_INFINITY], want, atol }], 1)).toMatchObject({
    verdict: "fail",
    message: "element 2 is Infinity, expected -2",
  });
  expect(judge([{ label: "", got: [0, 4, -1], want, atol }], 0.5)).toEqual({ verdict: "pass", error: 0.5 });
});

test("groups count, and keep the largest error and tolerance", () => {
  const row = { what: "op", name: "Add", case: "", error: 1e-6, tolerance: 1e-5, verdict: "pass", ms: 1 } as const;
  const rows: SelfTestRow[] = [row, { ...row, error: 2e-3, tolerance: 1e-3, verdict: "fail" }, { ...row, name: "Mul" }];
  expect(groups(rows)).toEqual([
    { what: "op", name: "Add", count: 2, failed: 1, largestError: 2e-3, tolerance: 1e-3 },
    { what: "op", name: "Mul", count: 1, failed: 0, largestError: 1e-6, tolerance: 1e-5 },
  ]);
  expect([errorText(0), errorText(null), errorText(0.00123)]).toEqual(["0", "not a number", "1.2e-3"]);
});
