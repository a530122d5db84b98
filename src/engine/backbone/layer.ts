/** A layer of a backbone that methods adapt: a product with a weight, found from structure. */
import type { Value } from "../graph/value";
import type { LayerInfo } from "../types";

export interface Layer extends LayerInfo {
  /** The value whose sum with an update adapts the layer: the product, before the bias. */
  product: Value;
  /** The parameter leaf. */
  weight: Value;
  /** Position of the weight among the product's inputs. */
  side: 0 | 1;
  /**
   * True for an nn.Linear or nn.Conv of its own name; false for a part of nn.MultiheadAttention,
   * which PEFT cannot name.
   */
  isModule: boolean;
}
