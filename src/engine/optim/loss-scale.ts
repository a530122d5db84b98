/**
 * Loss scaling for gradients that pass through half precision: the loss is multiplied before
 * differentiation and gradients are divided after; where one overflowed, the update is skipped and
 * the factor halved; after a while without, it is doubled. Mixed precision training, arXiv
 * 1710.03740; torch.amp.GradScaler. All of it stays on the device.
 */

/** The first factor, and bounds. Powers of two, so that scaling rounds nothing. */
const FIRST_SCALE = 4096;
const [MIN, MAX] = [1, 2 ** 24];
/** Updates without overflow after which the factor doubles. */
const GROWTH_STEPS = 200;

/**
 * The state's numbers in their order, float32: the factor of the next step, that of this one, and
 * counts.
 */
const scaleBindings = ["scale", "used", "good", "skips", "skipped"] as const;
export const STATE_BYTES = 4 * scaleBindings.length;

export const firstState = (): Float32Array<ArrayBuffer> =>
  Float32Array.from(scaleBindings, (name) => (name === "scale" || name === "used" ? FIRST_SCALE : 0));

/**
 * What the state says of the step before: the factor of its gradients, and how many steps were
 * skipped in all.
 */
export function readState(state: Float32Array): { used: number; skipped: number } {
  const of = (name: (typeof scaleBindings)[number]) => state[scaleBindings.indexOf(name)];
  return { used: of("used"), skipped: of("skipped") };
}

/** WGSL of the state, by name, over the binding `state` (array<f32>). */
export const at = (name: (typeof scaleBindings)[number]): string => `state[${scaleBindings.indexOf(name)}]`;

/**
 * WGSL that goes on with the state, given the sum of all squares of this step's gradients: told by
 * its bits, since compilers may take for granted that no number is infinite.
 */
export const updateState = (
  squares: string,
): string => `let overflow = (bitcast<u32>(${squares}) & 0x7f800000u) == 0x7f800000u;
    ${at("used")} = ${at("scale")};
    ${at("skips")} = select(0.0, 1.0, overflow);
    ${at("skipped")} = ${at("skipped")} + ${at("skips")};
    let good = select(${at("good")} + 1.0, 0.0, overflow);
    let grows = good >= ${GROWTH_STEPS}.0;
    ${at("good")} = select(good, 0.0, grows);
    ${at("scale")} = clamp(${at("scale")} * select(select(1.0, 2.0, grows), 0.5, overflow), ${MIN}.0, ${MAX}.0);`;
