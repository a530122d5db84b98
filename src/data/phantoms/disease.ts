/**
 * Draws opacities of the lungs and decides a patient's outcome by them. The task is hard on
 * purpose: a veil looks as bright as an opacity and means nothing, and the place of an opacity
 * counts as much as its size.
 */
import type { Prng } from "../../base/prng";
import { type Anatomy, heartAt, lungAt } from "./anatomy";
import { bump, type NoiseField, rise } from "./noise";

export type Side = "right" | "left";

/** A mottled consolidation: centre and half axes in units of the field, density 0..1. */
export interface Opacity {
  side: Side;
  u: number;
  v: number;
  ru: number;
  rv: number;
  density: number;
}

/** The share of outcomes that do not follow the rule (label noise). */
const labelNoiseFraction = 0.05;

const severityThreshold = 0.17;

/**
 * Draws one to four opacities of similar size at random places. About one patient in eight has
 * none.
 */
export function drawOpacities(prng: Prng): Opacity[] {
  if (prng.uniform() < 0.12) return [];
  // Half of the patients have all opacities on one side, so that extent alone does not decide.
  const onlySide: Side | undefined = prng.uniform() < 0.5 ? (prng.uniform() < 0.5 ? "right" : "left") : undefined;
  // Most patients have small opacities, the others large ones, few in between.
  const load = prng.uniform() < 0.55 ? 0.4 * prng.uniform() : 0.6 + 0.4 * prng.uniform();
  return Array.from({ length: 1 + prng.below(4) }, () => {
    const side = onlySide ?? (prng.uniform() < 0.5 ? "right" : "left");
    const radius = (0.08 + 0.19 * load) * Math.exp(0.15 * prng.normal());
    const shape = Math.exp(0.25 * prng.normal());
    return {
      side,
      u: (side === "left" ? 1 : -1) * (0.3 + 0.35 * prng.uniform()),
      v: -0.45 + 0.85 * prng.uniform(),
      ru: radius * shape,
      rv: radius / shape,
      density: 0.75 + 0.25 * prng.uniform(),
    };
  });
}

/**
 * The severity of a patient's disease. The area of opacities in the lower half of a lung counts
 * fully, in the upper half by a fifth. The less affected side counts three times, so that disease
 * of both lungs weighs more than the same extent in one lung.
 */
export function severity(opacities: readonly Opacity[]): number {
  const extent = { right: 0, left: 0 };
  for (const o of opacities) extent[o.side] += Math.PI * o.ru * o.rv * o.density * (0.2 + 0.8 * rise(o.v, -0.08, 0.12));
  return Math.max(extent.right, extent.left) + 2 * Math.min(extent.right, extent.left);
}

/** 1 if the severity passes a fixed threshold, else 0; label noise flips a few. */
export function drawOutcome(opacities: readonly Opacity[], prng: Prng): 0 | 1 {
  const follows = prng.uniform() >= labelNoiseFraction;
  return severity(opacities) > severityThreshold === follows ? 1 : 0;
}

/**
 * The brightness that the opacities add at a point. They have a sharp ragged edge, are mottled
 * inside, and show only over aired lung.
 */
export function opacityAt(
  opacities: readonly Opacity[],
  a: Anatomy,
  u: number,
  v: number,
  texture: NoiseField,
): number {
  let open = 1;
  for (const o of opacities) {
    const x = (u - o.u) / o.ru;
    const y = (v - o.v) / o.rv;
    if (x * x + y * y > 4) continue;
    // Rotated axes hide the lattices of the two scales.
    const coarse = texture(8 * u + 5 * v + 7, 8 * v - 5 * u);
    const fine = texture(13 * u - 15 * v, 13 * v + 15 * u + 31);
    const ragged = Math.sqrt(x * x + y * y) + 0.4 * coarse + 0.25 * fine;
    const mottled = 0.6 + 0.3 * coarse + 0.45 * fine;
    open *= 1 - Math.max(0, rise(0.95, ragged, 0.3) * o.density * mottled);
  }
  return open === 1 ? 0 : 0.42 * (1 - open) * lungAt(a, u, v) * (1 - heartAt(a, u, v));
}

/**
 * Smooth veils (soft tissue, breast shadow). They are as bright as an opacity, without its texture,
 * and mean nothing.
 */
export interface Veil {
  u: number;
  v: number;
  radius: number;
  brightness: number;
}

export function drawVeils(prng: Prng): Veil[] {
  return Array.from({ length: prng.below(4) }, () => ({
    u: (prng.uniform() < 0.5 ? -1 : 1) * (0.3 + 0.3 * prng.uniform()),
    v: -0.3 + 0.8 * prng.uniform(),
    radius: 0.14 + 0.14 * prng.uniform(),
    brightness: 0.06 + 0.12 * prng.uniform(),
  }));
}

export function veilAt(veils: readonly Veil[], u: number, v: number): number {
  let sum = 0;
  for (const veil of veils) {
    const squared = (u - veil.u) ** 2 + (v - veil.v) ** 2;
    if (squared < (3.5 * veil.radius) ** 2) sum += veil.brightness * bump(Math.sqrt(squared), veil.radius);
  }
  return sum;
}
