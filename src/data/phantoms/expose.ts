/** Draws one image of a chest. Every image has its own pose, exposure, noise and marker. */
import type { Prng } from "../../base/prng";
import { type Anatomy, bodyAt } from "./anatomy";
import { drawVeils, type Opacity, opacityAt, veilAt } from "./disease";
import { createField } from "./noise";

/** Marker letters, 5 × 7 dots; "L" is the patient's left, on the right of the picture. */
const letters = {
  L: ["#....", "#....", "#....", "#....", "#....", "#....", "#####"],
  R: ["####.", "#...#", "#...#", "####.", "#.#..", "#..#.", "#...#"],
};

/** @returns size·size bytes, row-major */
export function exposePhantom(a: Anatomy, opacities: readonly Opacity[], size: number, prng: Prng): Uint8Array {
  const vary = (mean: number, spread: number) => mean + spread * (prng.uniform() * 2 - 1);
  const angle = vary(0, 0.12);
  const zoom = vary(1.06, 0.1);
  const [du, dv] = [vary(0, 0.12), vary(0, 0.12)];
  const [gain, gamma, fog] = [vary(1.02, 0.24), Math.exp(vary(0, 0.25)), vary(0.04, 0.04)];
  const [tiltU, tiltV] = [vary(0, 0.12), vary(0, 0.12)];
  const veils = drawVeils(prng);
  const texture = createField(prng);
  const deviation = vary(0.022, 0.01);
  const grain = Float32Array.from({ length: 4096 }, () => deviation * prng.normal());
  const [cos, sin] = [Math.cos(angle) * zoom, Math.sin(angle) * zoom];
  const grey = new Uint8Array(size * size);
  for (let row = 0; row < size; row++) {
    const y = ((row + 0.5) / size) * 2 - 1;
    const from = prng.below(grain.length);
    for (let column = 0; column < size; column++) {
      const x = ((column + 0.5) / size) * 2 - 1;
      const u = cos * x - sin * y + du;
      const v = sin * x + cos * y + dv;
      const body = bodyAt(a, u, v, texture);
      const seen = body < 0.05 ? body : body + opacityAt(opacities, a, u, v, texture) + veilAt(veils, u, v);
      const exposed =
        fog + gain * (1 + tiltU * x + tiltV * y) * Math.max(0, seen) ** gamma + grain[(from + column) & 4095];
      grey[row * size + column] = toByte(exposed);
    }
  }
  stampMarker(grey, size, prng);
  return grey;
}

const toByte = (value: number) => Math.round(255 * Math.min(1, Math.max(0, value)));

function stampMarker(grey: Uint8Array, size: number, prng: Prng): void {
  const letter = prng.uniform() < 0.5 ? "L" : "R";
  const dot = Math.max(1, Math.round(size / 96));
  const left = (letter === "L" ? 0.87 : 0.05) * size + prng.below(4) - 2;
  const top = size * (0.05 + 0.12 * prng.uniform());
  letters[letter].forEach((line, i) => {
    for (let j = 0; j < line.length; j++) {
      if (line[j] !== "#") continue;
      for (let p = 0; p < dot * dot; p++) {
        const row = Math.floor(top) + i * dot + Math.floor(p / dot);
        const column = Math.floor(left) + j * dot + (p % dot);
        if (row >= 0 && row < size && column >= 0 && column < size) grey[row * size + column] = 235;
      }
    }
  });
}
