/** The texts about choices by validation loss name the chosen value and the candidates. */
import { expect, test } from "vitest";
import { choiceText, headRatesText, penaltyText } from "./choice-text";

test("the chosen rate stands among those that were tried, with their validation losses", () => {
  const candidates = [
    { headLr: 0.1, valLoss: null },
    { headLr: 1e-2, valLoss: 0.5621 },
    { headLr: 1e-3, valLoss: 0.4976 },
  ];
  expect(headRatesText({ chosen: 1e-3, candidates })).toBe(
    "0.001, chosen among 0.1, 0.01, 0.001 on validation images (losses diverged, 0.562, 0.498)",
  );
});

test("a penalty that was chosen", () => {
  const candidates = [1e-4, 10 ** -3.5, 0.1, 1e4].map((C) => ({ C, valLoss: C === 0.1 ? 0.4976 : 0.6 }));
  expect(penaltyText({ chosen: 0.1, candidates })).toBe(
    "C 0.1, chosen among 4 from 0.0001 to 10000 on validation images (loss 0.498)",
  );
  expect(penaltyText({ chosen: 0.1, candidates, innerFolds: 5 })).toBe(
    "C 0.1, chosen among 4 from 0.0001 to 10000 by 5-fold cross-validation of the training images (loss 0.498)",
  );
});

test("settings that were chosen together, by the labels of their form", () => {
  const candidates = [0, 10 ** -2.5, 1].map((alpha) => ({
    settings: { alpha, beta: 5.5 },
    valLoss: alpha ? 0.6 : 0.7,
  }));
  const label = (key: string) => (key === "alpha" ? "Share α" : "Sharpness β");
  expect(choiceText({ chosen: candidates[1].settings, candidates }, label)).toBe(
    "Share α 0.0032, Sharpness β 5.5, chosen among 3 on validation images (loss 0.600)",
  );
});
