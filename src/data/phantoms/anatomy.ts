/**
 * A stylised chest in front view, as brightness of a radiograph: dense tissue is bright.
 * Coordinates: u from -1 (left edge of the picture, the patient's right) to 1, v from -1 (top) to
 * 1. One unit is half the field of view.
 */
import type { Prng } from "../../base/prng";
import { bump, type NoiseField, rise } from "./noise";

/** Measures that differ between bodies; lengths are in units of the field. */
export interface Anatomy {
  /** Half the width of the chest at the level of the heart. */
  halfWidth: number;
  /** The vertical positions of the lungs' tips and of the domes below them. */
  apex: number;
  base: number;
  heart: { u: number; v: number; ru: number; rv: number };
  ribs: { spacing: number; slope: number; brightness: number };
  softTissue: number;
}

export function drawAnatomy(prng: Prng): Anatomy {
  const vary = (mean: number, spread: number) => mean + spread * (prng.uniform() * 2 - 1);
  return {
    halfWidth: vary(0.86, 0.06),
    apex: vary(-0.72, 0.05),
    base: vary(0.48, 0.08),
    heart: { u: vary(0.13, 0.03), v: vary(0.27, 0.04), ru: vary(0.3, 0.05), rv: vary(0.3, 0.04) },
    ribs: { spacing: vary(0.17, 0.02), slope: vary(0.32, 0.08), brightness: vary(0.055, 0.02) },
    softTissue: vary(0.58, 0.05),
  };
}

/** How much a point lies in the lung of its side: 1 inside, 0 outside, with a soft edge. */
export function lungAt(a: Anatomy, u: number, v: number): number {
  const x = Math.abs(u);
  const height = (v - a.apex) / (a.base - a.apex);
  if (height <= -0.1 || height >= 1.5) return 0;
  const h = Math.min(1, Math.max(0, height));
  const outer = a.halfWidth * (0.36 + 0.56 * Math.sin(Math.PI * 0.5 * Math.min(1, h * 1.25 + 0.08)));
  const inner = 0.11 + 0.05 * h;
  // The dome under the lung rises towards its middle and falls off to the side; the right one
  // stands higher.
  const dome = a.base + (u < 0 ? -0.05 : 0.02) + 1.1 * (x - 0.38) ** 2;
  const tip = a.apex + 1.6 * (x - 0.3) ** 2;
  return rise(outer, x, 0.025) * rise(x, inner, 0.03) * rise(dome, v, 0.02) * rise(v, tip, 0.04);
}

/** How much of the heart's shadow covers a point, 0..1. */
export function heartAt({ heart }: Anatomy, u: number, v: number): number {
  const x = (u - heart.u) / heart.ru;
  const y = (v - heart.v) / heart.rv;
  return rise(1, Math.sqrt((x - 0.45 * y) ** 2 + (y + 0.1 * x) ** 2), 0.14);
}

/**
 * The brightness of the healthy body at a point, 0..1. `texture` adds vessels and the grain of
 * tissue.
 */
export function bodyAt(a: Anatomy, u: number, v: number, texture: NoiseField): number {
  const x = Math.abs(u);
  // The neck widens into the shoulders, the flanks run down beside the chest.
  const shoulders = 0.21 + 0.95 * rise(v + 0.12 * x, -0.73, 0.24);
  const flank = Math.min(shoulders, a.halfWidth + 0.11 + 0.05 * (v + 0.4) ** 2);
  const body = rise(flank, x, 0.03);
  if (body === 0) return 0.03;
  const lung = lungAt(a, u, v);
  const heart = heartAt(a, u, v);
  const aired = lung * (1 - 0.92 * heart);
  const spine = bump(u, 0.07) * (0.06 + 0.02 * Math.cos((2 * Math.PI * v) / 0.13));
  const mediastinum = 0.1 * bump(u - 0.015, 0.12) * (1 - 0.5 * rise(-v, 0.55, 0.2));
  const belly = 0.12 * rise(v, a.base + 0.12, 0.12);
  const vessels = aired * 0.1 * Math.max(0, texture(u * 9, v * 9) + 0.25) * bump(x - 0.2, 0.22) * bump(v, 0.4);
  const tissue = 0.015 * texture(u * 5 + 20, v * 5);
  const bones = ribsAt(a, u, v) * (0.45 + 0.55 * lung);
  return body * (a.softTissue + spine + mediastinum + belly + 0.05 * heart + tissue - 0.4 * aired + vessels + bones);
}

/** Ribs behind (falling to the side) and in front (rising, fainter), and collar bones. */
function ribsAt({ ribs, halfWidth }: Anatomy, u: number, v: number): number {
  const x = Math.abs(u) / halfWidth;
  if (x > 1 || v > 0.75 || v < -0.85) return 0;
  const band = (phase: number, width: number) => bump(phase - Math.floor(phase) - 0.5, width);
  const behind = band((v - ribs.slope * (1.3 * x - x * x)) / ribs.spacing, 0.13);
  const before = band((v + ribs.slope * 0.9 * (x - 0.2)) / ribs.spacing + 0.3, 0.15) * rise(x, 0.45, 0.15);
  const collar = bump(v + 0.62 - 0.22 * (x - 0.35), 0.025) * rise(x, 0.12, 0.03) * rise(0.8, x, 0.1);
  return rise(x, 0.1, 0.05) * (ribs.brightness * (behind + 0.6 * before) + 0.12 * collar);
}
