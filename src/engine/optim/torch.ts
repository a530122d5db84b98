/**
 * Optimisers by torch.optim's words, as `radapt step --optimizer` and the args.json of
 * tools/reference say them.
 */
import type { OptimizerSpec } from "./index";
import type { CommonSpec } from "./optimizer";

export type TorchOptimizer = { lr: number; weightDecay: number } & (
  | { name: "adamw"; betas: [number, number]; eps: number }
  | { name: "sgd"; momentum: number; nesterov: boolean }
  | { name: "lion"; betas: [number, number] }
);

/**
 * @param more what PyTorch's optimisers do not know: the head's penalty and the clipping, 0 where
 *   absent
 */
export function fromTorch(
  optimizer: TorchOptimizer,
  { headL2 = 0, clipNorm = 0 }: Partial<Pick<CommonSpec, "headL2" | "clipNorm">> = {},
): OptimizerSpec {
  const common = { weightDecay: optimizer.weightDecay, headL2, clipNorm };
  if (optimizer.name === "sgd") {
    const { name, momentum, nesterov } = optimizer;
    return { name, momentum, nesterov, ...common };
  }
  const [beta1, beta2] = optimizer.betas;
  if (optimizer.name === "lion") return { name: "lion", beta1, beta2, ...common };
  return { name: "adamw", beta1, beta2, eps: optimizer.eps, ...common };
}
