/** Checks classes, spellings and the suggested positive class of outcome columns. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classKey, isMissing, outcomeClasses } from "./outcome";
import { suggestPositive } from "./positive";

describe("outcomes", () => {
  test("of two classes the positive one comes last", () => {
    const names = (values: string[], positive?: string) => outcomeClasses(values, "t.csv", positive).names;
    expect(names(["Y", "N", "N", "Y", "Y"])).toEqual(["N", "Y"]);
    expect(names(["alive", "dead"])).toEqual(["alive", "dead"]);
    expect(names(["1", "0"])).toEqual(["0", "1"]);
    expect(names(["mild", "bad"])).toEqual(["mild", "bad"]);
    expect(names(["blue", "red", "red"])).toEqual(["red", "blue"]);
    expect(names(["2", "10"])).toEqual(["2", "10"]);
    expect(names(["Y", "N"], "N")).toEqual(["Y", "N"]);
    expect(names(["10", "9", "-1"])).toEqual(["-1", "9", "10"]);
    expect(names(["VIRUS", "NORMAL", "BACTERIA"])).toEqual(["BACTERIA", "NORMAL", "VIRUS"]);
  });

  test("spellings are merged, missing values belong to none", () => {
    const classes = outcomeClasses(["yes", "Yes", "yes", "1", "1.0", "NA", ""], "t.csv");
    expect(classes.names).toHaveLength(2);
    expect([classes.indexOf("YES"), classes.indexOf("1.00"), classes.indexOf("NA")].sort()).toEqual([-1, 0, 1]);
    expect(classes.merged).toEqual(
      expect.arrayContaining([
        ["yes", "Yes"],
        ["1", "1.0"],
      ]),
    );
  });

  test.each([
    ["outcome.one-class", ["Y", "y", "NA"], undefined],
    ["outcome.missing", ["", "NA"], undefined],
    ["outcome.too-many", Array.from({ length: 30 }, (_, i) => `${i / 10}`), undefined],
    ["outcome.positive", ["Y", "N"], "maybe"],
  ])("refuses with %s", (code, values, positive) => {
    expect(() => outcomeClasses(values, "t.csv, column x", positive)).toThrow(
      expect.objectContaining({ code, parts: expect.objectContaining({ where: "t.csv, column x" }) }),
    );
  });
});

describe("the positive class", () => {
  const suggest = (a: string, b: string, counts = [3, 2]) =>
    suggestPositive([
      { value: a, count: counts[0] },
      { value: b, count: counts[1] },
    ]);

  test.each([
    ["no pneumonia", "pneumonia"],
    ["No finding", "Pneumonia"],
    ["non-smoker", "smoker"],
    ["nonsmoker", "smoker"],
    ["NoFracture", "Fracture"],
    ["kein Rezidiv", "Rezidiv"],
    ["nicht beatmet", "beatmet"],
    ["sans fracture", "fracture"],
    ["pas de fracture", "fracture"],
    ["senza frattura", "frattura"],
    ["sin neumonía", "neumonía"],
    ["sem fratura", "com fratura"],
    ["zonder breuk", "breuk"],
    ["not admitted", "admitted"],
    ["without effusion", "with effusion"],
    ["effusion absent", "effusion present"],
    ["absence of effusion", "effusion"],
    ["no evidence of malignancy", "malignancy"],
    ["w/o stent", "stent"],
    ["disease-free", "disease"],
    ["COVID-19 negativ", "COVID-19 positiv"],
    ["covid (-)", "covid (+)"],
    ["无肺炎", "肺炎"],
    ["肺炎なし", "肺炎あり"],
  ])("by negation: %s < %s", (absent, present) => {
    for (const order of [suggest(absent, present), suggest(present, absent)])
      expect(order).toMatchObject({ value: present, certain: true });
  });

  test.each([
    ["no", "yes"],
    ["nein", "ja"],
    ["non", "oui"],
    ["no", "sì"],
    ["no", "sí"],
    ["não", "sim"],
    ["nee", "ja"],
    ["nej", "ja"],
    ["nie", "tak"],
    ["нет", "да"],
    ["否", "是"],
    ["いいえ", "はい"],
    ["아니오", "예"],
    ["hayır", "evet"],
    ["N", "Y"],
    ["N", "J"],
    ["N", "O"],
    ["F", "T"],
    ["F", "W"],
    ["FALSE", "TRUE"],
    ["falsch", "wahr"],
    ["alive", "dead"],
    ["survived", "died"],
    ["survivor", "non-survivor"],
    ["discharged alive", "died in hospital"],
    ["lebend", "verstorben"],
    ["vivant", "décédé"],
    ["vivo", "fallecido"],
    ["vivo", "deceduto"],
    ["negative", "positive"],
    ["neg.", "pos."],
    ["mild", "severe"],
    ["mild disease", "severe disease"],
    ["benign", "malignant"],
    ["gutartig", "bösartig"],
    ["control", "case"],
    ["healthy control", "patient"],
    ["normal", "abnormal"],
    ["NORMAL", "PNEUMONIA"],
    ["low risk", "high risk"],
    ["0 = alive", "1 = dead"],
    ["2 - no", "1 - yes"],
    ["ward", "ICU"],
    ["mild", "moderate"],
    ["moderate", "severe"],
    ["inactive", "active"],
  ])("by words: %s < %s", (absent, present) => {
    for (const order of [suggest(absent, present), suggest(present, absent)])
      expect(order).toMatchObject({ value: present, certain: true });
  });

  test.each([
    ["0", "1", true],
    ["0,0", "1,0", true],
    ["0.0", "1.0", true],
    ["-1", "1", true],
    ["0", "2", true],
    ["1", "2", false],
    ["1.0", "2.0", false],
    ["2", "10", false],
    ["-1", "0", false],
  ])("by number: %s < %s, certain: %s", (small, large, certain) => {
    for (const order of [suggest(small, large), suggest(large, small)])
      expect(order).toMatchObject({ value: large, certain });
  });

  test("what the values do not say is asked: the rarer value, or a negation of what is good", () => {
    expect(suggest("red", "blue")).toEqual({
      value: "blue",
      reason: "The two values do not say which one is positive. “blue” is the rarer one. Please confirm it.",
      certain: false,
    });
    expect(suggest("red", "blue", [2, 2])).toMatchObject({ value: "red", certain: false });
    expect(suggest("M", "F")).toMatchObject({ certain: false });
    expect(suggest("not discharged", "discharged")).toMatchObject({ value: "not discharged", certain: false });
    expect(suggest("1", "2")?.reason).toContain("some write it as 1. Please confirm it.");
  });

  test("the classes carry the reason, unless a person chose the other one", () => {
    const values = ["no pneumonia", "pneumonia", "pneumonia"];
    const { names, positive } = outcomeClasses(values, "t.csv");
    expect(names).toEqual(["no pneumonia", "pneumonia"]);
    expect(positive).toEqual({
      value: "pneumonia",
      reason: "“no pneumonia” says that it is absent or that all is well.",
      certain: true,
    });
    const chosen = outcomeClasses(values, "t.csv", "no pneumonia");
    expect(chosen.names).toEqual(["pneumonia", "no pneumonia"]);
    expect(chosen.positive).toBeUndefined();
  });

  test("is one of the two values", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 2 }), ([a, b]) => {
        expect([a, b]).toContain(suggest(a, b)?.value);
      }),
    );
  });
});

test("decimal commas are numbers, thousands are left as they are", () => {
  expect(["1", "1.0", "1,0", " 1,00", "+1", "１"].map(classKey)).toEqual(Array(6).fill("1"));
  expect(classKey("1,000")).toBe("1,000");
  expect(outcomeClasses(["1,0", "0,0", "1,0"], "t.csv").names).toEqual(["0,0", "1,0"]);
});

test("errors of formulas and words for nothing are missing values; other words are not", () => {
  const errors = [
    "#VALUE!",
    "#DIV/0!",
    "#REF!",
    "#NAME?",
    "#NUM!",
    "#NULL!",
    "#N/A",
    "#WERT!",
    "#NV",
    "NaT",
    "NULL",
    " ",
  ];
  expect(errors.filter((value) => !isMissing(value))).toEqual([]);
  expect(["none", "0", "#1", "what?", "!"].filter(isMissing)).toEqual([]);
});
