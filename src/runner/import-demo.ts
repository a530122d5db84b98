/** Imports the demo's dataset: draws phantoms and stores them as PNG, like images of a folder. */
import { encode as encodePng } from "fast-png";
import { sha256Hex } from "../base";
import type { OnProgress } from "../base/progress";
import { completeDataset, countClasses, labelWarnings } from "../data/dataset";
import { DEMO_PHANTOMS, generatePhantoms, PHANTOM_OUTCOMES } from "../data/phantoms";
import type { DatasetRow, DatasetSink, ImageRow, ImportReport } from "../data/types";

/** Mean number of images per patient, from which progress is estimated. */
const imagesPerPatient = 2.5;

/** @param createdAt ISO 8601 */
export async function importDemoDataset(
  sink: DatasetSink,
  createdAt: string,
  onProgress: OnProgress = () => {},
  signal?: AbortSignal,
): Promise<{ dataset: DatasetRow; report: ImportReport }> {
  try {
    const images = await drawImages(sink, onProgress, signal);
    const classes = [...PHANTOM_OUTCOMES];
    const report = reportOf(images, classes);
    const { name, description } = DEMO_PHANTOMS;
    const dataset = await completeDataset({
      name,
      description,
      createdAt,
      classes,
      columns: { image: "image", outcome: "outcome", patient: "patient" },
      images,
      report,
      synthetic: true,
      grouping: "patient",
    });
    await sink.finish(dataset);
    return { dataset, report };
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

async function drawImages(sink: DatasetSink, onProgress: OnProgress, signal?: AbortSignal): Promise<ImageRow[]> {
  const images: ImageRow[] = [];
  const expected = Math.round(DEMO_PHANTOMS.patients * imagesPerPatient);
  const what = "Drawing synthetic images";
  for (const { name, patient, outcome, width, height, grey } of generatePhantoms(DEMO_PHANTOMS)) {
    signal?.throwIfAborted();
    const png = Uint8Array.from(encodePng({ width, height, channels: 1, depth: 8, data: grey }));
    const type = "image/png";
    await sink.addImage({ name, bytes: png, type, file: new Blob([png], { type }) });
    images.push({ name, patient, label: outcome, sha256: await sha256Hex(png), bytes: png.length, width, height });
    const total = Math.max(expected, images.length + 1);
    if (images.length % 8 === 0) onProgress({ done: images.length, total, what });
  }
  onProgress({ done: images.length, total: images.length, what });
  return images;
}

function reportOf(images: readonly ImageRow[], classes: readonly string[]): ImportReport {
  const count = images.length;
  return {
    rows: count,
    files: count,
    matched: count,
    unmatchedRows: [],
    unmatchedFiles: [],
    unreadable: [],
    duplicates: [],
    missingOutcome: [],
    perClass: countClasses(classes, images),
    warnings: labelWarnings(images, classes, "patient"),
  };
}
