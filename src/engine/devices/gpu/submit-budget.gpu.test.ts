/** Splitting work into many submits changes no result. */
import { afterAll, expect, test } from "vitest";
import { plainSgd, trial } from "../../training/testing";
import { createWebGpuDevice } from "./device";
import { SubmitBudget } from "./submit-budget";
import { testGpu } from "./test-gpu";

class Slowest extends SubmitBudget {
  override get maxCost(): number {
    return 1;
  }
}

const gpu = await testGpu();
const whole = await createWebGpuDevice({ gpu });
const cut = await createWebGpuDevice({ gpu, submitBudget: new Slowest() });
afterAll(() => {
  for (const device of [whole, cut]) device.dispose();
});

test("steps in a submit for each kernel give the same bits", async () => {
  const options = { id: "lora", optimizer: { ...plainSgd, clipNorm: 0.5 }, microBatch: 2 };
  expect((await trial(cut, options)).results).toEqual((await trial(whole, options)).results);
});
