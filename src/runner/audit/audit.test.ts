/** The shortcut audit from images to its sentence: planted shortcuts, none, and its runs' ids. */
import { expect, test } from "vitest";
import { createPrng } from "../../base";
import { auditFindings, auditSentence } from "../../bench/audit/audit-verdict";
import { planSchema } from "../../bench/plan";
import type { RunRecord } from "../../bench/record";
import { createMemoryFeatureStore, createMemoryRecordStore } from "../../storage/memory";
import { resolveAudit } from "../resolve";
import { fakeJob } from "../testing";
import { runAuditPlan } from "./run-audit-plan";

const side = 20;

/** 40 patients with an image of noise each; `shift` brightens the border of one class. */
function studyOf(seed: number, shift: number) {
  const prng = createPrng(seed, "audit study");
  const pixels = new Map<string, Uint8Array>();
  const images = Array.from({ length: 40 }, (_, i) => {
    const label = i % 2;
    const name = `${i}.png`;
    const isEdge = (k: number) => k === 0 || k === side - 1;
    const data = Uint8Array.from({ length: side * side }, (_, p) => {
      const border = isEdge(p % side) || isEdge(Math.floor(p / side)) ? shift * label : 0;
      return Math.max(0, Math.min(255, 110 + border + 20 * prng.normal()));
    });
    pixels.set(name, data);
    return {
      name,
      patient: `p${i}`,
      label,
      sha256: `${seed}/${name}`,
      bytes: 400 + prng.below(40),
      width: side,
      height: side,
    };
  });
  return { images, pixels };
}

/** Records of such a study: the audit, and a method that finds the disease in 3 of 4 images. */
async function audited(seed: number, shift: number): Promise<{ records: RunRecord[]; audit: RunRecord[] }> {
  const { images, pixels } = studyOf(seed, shift);
  const job = fakeJob({ runs: [], features: createMemoryFeatureStore(), records: createMemoryRecordStore() });
  const row = { ...job.dataset.row, images, fingerprint: `study ${seed}`, classes: ["no", "yes"] };
  const plan = planSchema.parse({
    dataset: { id: "study" },
    backbones: [{ id: "b" }],
    methods: [{ id: "lora" }],
    folds: 5,
    audit: true,
  });
  const runs = await resolveAudit(plan, row);
  await runAuditPlan(runs, {
    ...job,
    dataset: { row, image: async (name) => new Blob([pixels.get(name)! as Uint8Array<ArrayBuffer>]) },
    decode: async (data) => ({ width: side, height: side, channels: 1, data }),
  });
  const audit = await job.records.list();
  expect(audit).toHaveLength(3 * 5);
  const records = audit
    .filter(({ config }) => config.method.config.input === "border")
    .map(
      (record, fold): RunRecord => ({
        ...record,
        config: { ...record.config, method: { id: "lora", config: {} } },
        labels: { ...record.labels, method: "LoRA" },
        metrics: { ...record.metrics, matthews_corrcoef: [0.4, 0.5, 0.6, 0.5, 0.45][fold] },
      }),
    );
  return { records, audit };
}

async function alarms(studies: number, shift: number): Promise<number> {
  let count = 0;
  for (let seed = 0; seed < studies; seed++) {
    const { records, audit } = await audited(seed, shift);
    const [finding] = auditFindings(records, audit, "matthews_corrcoef");
    if (finding.rows.some(({ alarm }) => alarm)) count++;
  }
  return count;
}

const studies = Number(process.env.RADAPT_STUDIES ?? 10);

test("a border that tells the class raises an alarm in every study", async () => {
  expect(await alarms(studies, 40)).toBe(studies);
});

test("images of noise raise an alarm in at most 5 of 100 studies", async () => {
  expect(await alarms(studies, 0)).toBeLessThanOrEqual(Math.floor(0.05 * studies));
});

test("the sentence names input and figures", async () => {
  const { records, audit } = await audited(0, 40);
  const [finding] = auditFindings(records, audit, "matthews_corrcoef");
  expect(auditSentence(finding)).toMatch(/^Border pixels reach MCC \d\.\d\d.*something else than the disease/);
});

test("a plan without the field has no audit", async () => {
  const plan = planSchema.parse({ dataset: { id: "study" }, backbones: [{ id: "b" }], methods: [{ id: "lora" }] });
  const { row } = fakeJob({ runs: [] }).dataset;
  expect(await resolveAudit(plan, row)).toEqual([]);
});
