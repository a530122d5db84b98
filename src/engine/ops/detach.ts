/** The same numbers, through which no gradient flows: torch.Tensor.detach. */
import { defineOp, noGradient } from "./define";

export default defineOp({
  type: "Detach",
  kind: "view",
  shape: ([x]) => ({ shape: [...x.shape], dtype: x.dtype }),
  interpret: ([x]) => x,
  toOnnx: ({ e, inputs: [x] }) => e.node("Identity", [x]),
  ...noGradient,
  onnx: {},
  cases: [{ shapes: [[2, 3]] }],
});
