/** The shortcut audit judges only what an interval or perfection tells apart from chance. */
import { expect, test } from "vitest";
import { makeRecord } from "../testing";
import { auditFindings, auditSentence } from "./audit-verdict";

const id = "matthews_corrcoef";
const runs = (method: string, values: readonly number[]) =>
  values.map((value, fold) => makeRecord({ method, fold, metrics: { [id]: value } }));
const methods = runs("lora", [0.4, 0.5, 0.6, 0.45, 0.55]);
const findingOf = (values: readonly number[]) => auditFindings(methods, runs("border", values), id)[0];

test("equal values above chance are no evidence of a shortcut, unless all are perfect", () => {
  const equal = findingOf([0.6, 0.6, 0.6, 0.6, 0.6]);
  expect(equal.rows[0]).toMatchObject({ isJudged: false, aboveChance: false, alarm: false });
  expect(auditSentence(equal)).toMatch(/^Shortcuts cannot be judged by MCC here/);
  expect(findingOf([1, 1, 1, 1, 1]).rows[0]).toMatchObject({ isJudged: true, alarm: true });
});

test("a single part cannot tell a shortcut from chance", () => {
  const [single] = auditFindings(methods.slice(0, 1), runs("border", [1]), id);
  expect(auditSentence(single)).toMatch(/^Shortcuts cannot be judged by MCC here/);
});

test("an input within the methods' interval raises an alarm with both figures; noise raises none", () => {
  const alarm = findingOf([0.5, 0.45, 0.55, 0.5, 0.52]);
  expect(alarm.rows[0].alarm).toBe(true);
  expect(auditSentence(alarm)).toMatch(/MCC 0\.50 .* does as well as the methods.*LORA, reaches MCC 0\.50/);
  expect(auditSentence(findingOf([-0.2, 0.1, -0.1, 0.2, 0.05]))).toMatch(/^No shortcut is shown: .* MCC 0\.01 /);
});
