/** What happens to a step's gradient before the update, whichever the optimiser. */
import { z } from "zod";
import { setting } from "../../base/setting";

export const gradientSettings = {
  /** Coupled L2 penalty on the head's weight (not its bias): adds l2/2·‖W‖² to the loss. */
  headL2: setting(z.number().min(0).default(0), {
    title: "L2 on the head",
    description: "Coupled L2 penalty on the head's weights: l2/2·‖W‖² added to the mean loss",
  }),
  /**
   * Highest norm of the gradient of all trainables together, the head's penalty included and weight
   * decay not: a longer one is scaled down to it, as torch.nn.utils.clip_grad_norm_ does.
   */
  clipNorm: setting(z.number().min(0).default(0), {
    title: "Clip gradients to norm",
    description: "Norm of all gradients together, at most; 0 = any",
  }),
};

/** The penalty's factor for one trainable. */
export function penaltyOf(
  { group, shape }: { group: "adapter" | "head"; shape: readonly number[] },
  { headL2 }: { headL2: number },
): number {
  return group === "head" && shape.length === 2 ? headL2 : 0;
}
