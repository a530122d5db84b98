/** A layer of a backbone that methods can adapt: a product with a weight, found from structure. */
import type { Value } from "../graph/value";
import type { LayerInfo } from "../types";

/** A layer and its values in the graph. */
export interface Layer extends LayerInfo {
  /** The product before the bias is added. Adding an update to it adapts the layer. */
  product: Value;
  /** The parameter of the weight. */
  weight: Value;
  /** Position of the weight among the product's inputs. */
  side: 0 | 1;
  /**
   * True for an nn.Linear or nn.Conv with a name of its own. False for a part of
   * nn.MultiheadAttention, which PEFT cannot name.
   */
  isModule: boolean;
}
