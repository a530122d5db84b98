#!/usr/bin/env node
/**
 * Compares what `radapt step` wrote with a reference case: `node tools/reference/compare.mjs
 * CASE_DIR OUT.safetensors`.
 *
 * Prints one line per expected tensor with its relative error, max |a - b| / max(max |b|, 1e-6).
 * Exits with 1 if a tensor is missing, has another shape, or differs by more than 1e-3 (or the
 * value of --tolerance). The error leaves out the elements that args.json lists as
 * `illConditioned`, since rounding alone decides them (see README.md). Tensors that only OUT holds
 * are listed: none may lack a gradient in PyTorch.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const READERS = {
  F32: (v, i) => v.getFloat32(i * 4, true),
  F64: (v, i) => v.getFloat64(i * 8, true),
  I32: (v, i) => v.getInt32(i * 4, true),
  I64: (v, i) => Number(v.getBigInt64(i * 8, true)),
};

/** Reads a safetensors file into a map: name → { shape, data: number[] }. */
export function readSafetensors(path) {
  const bytes = readFileSync(path);
  const size = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + size));
  const tensors = new Map();
  for (const [name, row] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const start = bytes.byteOffset + 8 + size + row.data_offsets[0];
    const view = new DataView(bytes.buffer, start, row.data_offsets[1] - row.data_offsets[0]);
    const count = row.shape.reduce((a, b) => a * b, 1);
    tensors.set(name, { shape: row.shape, data: Array.from({ length: count }, (_, i) => READERS[row.dtype](view, i)) });
  }
  return tensors;
}

/**
 * max |a - b| / max |b| outside the ranges `skip`. The denominator is at least 1e-6, and NaN
 * anywhere gives infinity.
 */
export function relativeError(a, b, skip = []) {
  let difference = 0;
  let scale = 1e-6;
  for (let i = 0; i < b.length; i++) {
    if (skip.some(([start, end]) => i >= start && i < end)) continue;
    const d = Math.abs(a[i] - b[i]);
    difference = Math.max(difference, Number.isNaN(d) ? Number.POSITIVE_INFINITY : d);
    scale = Math.max(scale, Math.abs(b[i]));
  }
  return difference / scale;
}

function main(directory, outPath, tolerance) {
  const expected = readSafetensors(join(directory, "expected.safetensors"));
  const got = readSafetensors(outPath);
  const argsPath = join(directory, "args.json");
  const args = existsSync(argsPath) ? JSON.parse(readFileSync(argsPath, "utf8")) : {};
  const loose = args.illConditioned ?? {};
  const frozen = new Set((args.withoutGradient ?? []).flatMap((n) => [n, `grad.${n}`]));
  let failures = 0;
  let worst = 0;
  for (const [name, want] of expected) {
    const have = got.get(name);
    let verdict;
    if (!have) verdict = "MISSING";
    else if (String(have.shape) !== String(want.shape)) verdict = `SHAPE [${have.shape}], expected [${want.shape}]`;
    else {
      const skip = loose[name.replace(/^grad\./, "")] ?? [];
      const error = relativeError(have.data, want.data, skip);
      worst = Math.max(worst, error);
      verdict = error <= tolerance ? "ok" : "DIFFERS";
      const left = skip.reduce((n, [start, end]) => n + end - start, 0);
      console.log(
        `${error.toExponential(2)}  ${verdict.padEnd(8)}  ${name}${left ? ` (${left} elements left out)` : ""}`,
      );
    }
    if (verdict === "ok") continue;
    failures++;
    if (verdict !== "DIFFERS") console.log(`          ${verdict}  ${name}`);
  }
  for (const name of got.keys()) {
    if (!expected.has(name))
      console.log(`          ${frozen.has(name) ? "extra (no gradient in PyTorch)" : "EXTRA"}  ${name}`);
  }
  console.log(
    `${failures === 0 ? "agrees" : "FAILS"}: worst ${worst.toExponential(2)}, ${failures} of ${expected.size} wrong`,
  );
  return failures === 0 ? 0 : 1;
}

const [directory, out, flag, value] = process.argv.slice(2);
if (!directory || !out || (flag && flag !== "--tolerance")) {
  console.error("usage: compare.mjs CASE_DIR OUT.safetensors [--tolerance 1e-3]");
  process.exitCode = 2;
} else {
  process.exitCode = main(directory, out, Number(value ?? 1e-3));
}
