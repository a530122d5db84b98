/** A plan's training settings decide the engine's optimiser and loss, defaults included. */
import { expect, test } from "vitest";
import { makeRecord } from "../bench/testing";
import { trainingSchema } from "../bench/training";
import { trainerRequest } from "./trainer-request";

function requestOf(training: object) {
  const { config } = makeRecord({ method: "lora" });
  return trainerRequest(
    { ...config, training: trainingSchema.parse(training) },
    { classes: 2, images: 8, trainImages: 6 },
  );
}

const common = { weightDecay: 0.01, headL2: 0, clipNorm: 0 };

test.each([
  [{}, { name: "adamw", betas: [0.9, 0.999], eps: 1e-8, ...common }],
  [{ optimizer: "sgd" }, { name: "sgd", momentum: 0.9, nesterov: false, ...common }],
  [
    { optimizer: "sgd", momentum: 0, clipNorm: 1 },
    { name: "sgd", momentum: 0, nesterov: false, ...common, clipNorm: 1 },
  ],
  [
    { optimizer: "lion", momentum: 0.5 },
    { name: "lion", betas: [0.9, 0.99], ...common },
  ],
])("%j gives the optimiser %j", (training, optimizer) => {
  expect(requestOf(training).optimizer).toEqual(optimizer);
});

test.each([
  [{}, { name: "cross-entropy" }],
  [
    { loss: "focal", focalGamma: 3 },
    { name: "focal", gamma: 3 },
  ],
])("%j gives the loss %j", (training, loss) => {
  expect(requestOf(training).loss).toEqual(loss);
});
