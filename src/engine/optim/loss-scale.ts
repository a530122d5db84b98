/**
 * Dynamic loss scaling, as in torch.amp.GradScaler. Gradients that pass through half precision may
 * underflow or overflow. So the loss is multiplied by a factor before differentiation, and the
 * gradients are divided by it. If a gradient overflows, the step changes nothing and the factor is
 * halved. After some steps without overflow, the factor is doubled. All of this happens on the
 * device. Micikevicius et al., Mixed Precision Training, arXiv 1710.03740
 */

/** The first factor and its bounds. They are powers of two, so that scaling causes no rounding. */
const FIRST_SCALE = 4096;
const [MIN, MAX] = [1, 2 ** 24];
/** Number of steps without overflow after which the factor doubles. */
const GROWTH_STEPS = 200;

/**
 * The numbers of the state in order, as float32: the factor of the next step, the factor of the
 * last step, the number of steps since the last overflow or growth, whether the last step was
 * skipped, and the number of skipped steps.
 */
const scaleBindings = ["scale", "used", "good", "skips", "skipped"] as const;
export const STATE_BYTES = 4 * scaleBindings.length;

/** The state before the first step. */
export const firstState = (): Float32Array<ArrayBuffer> =>
  Float32Array.from(scaleBindings, (name) => (name === "scale" || name === "used" ? FIRST_SCALE : 0));

/**
 * Reads the state: the factor of the last step's gradients, and the number of steps skipped so far.
 */
export function readState(state: Float32Array): { used: number; skipped: number } {
  const of = (name: (typeof scaleBindings)[number]) => state[scaleBindings.indexOf(name)];
  return { used: of("used"), skipped: of("skipped") };
}

/** WGSL of one number of the state in the binding `state` (array<f32>). */
export const at = (name: (typeof scaleBindings)[number]): string => `state[${scaleBindings.indexOf(name)}]`;

/**
 * WGSL that updates the state from the sum of all squared gradients. It checks the bits of the sum
 * for overflow, because compilers may assume that no number is infinite.
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
