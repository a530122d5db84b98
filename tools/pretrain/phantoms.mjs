/**
 * Draws the demo's phantoms with the app's own code into a folder: images.bin (8-bit grey, one
 * image after the other) and images.json.
 *
 * Usage: node tools/pretrain/phantoms.mjs FOLDER [patients] [seed]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "vite";

const [folder, patients, seed] = process.argv.slice(2);
const vite = await createServer({
  configFile: false,
  logLevel: "error",
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
});
try {
  const { DEMO_PHANTOMS, drawPhantoms } = await vite.ssrLoadModule("/src/data/phantoms/index.ts");
  const options = { ...DEMO_PHANTOMS };
  if (patients) options.patients = Number(patients);
  if (seed) options.seed = Number(seed);
  const began = process.cpuUsage();
  const images = drawPhantoms(options);
  const ms = Math.round(process.cpuUsage(began).user / 1000);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "images.bin"), Buffer.concat(images.map(({ grey }) => grey)));
  const rows = images.map(({ grey: _, ...row }) => row);
  writeFileSync(join(folder, "images.json"), JSON.stringify({ options, ms, rows }, null, 1));
  const positive = new Set(rows.filter((row) => row.outcome).map((row) => row.patient)).size;
  console.log(
    `${rows.length} images of ${options.patients} patients (${positive} positive) in ${ms} ms of processor time`,
  );
} finally {
  await vite.close();
}
