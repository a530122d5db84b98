/**
 * DepthToSpace and SpaceToDepth exchange blocks of pixels and channels by a transposition.
 * https://onnx.ai/onnx/operators/onnx__DepthToSpace.html
 */
import { num, type OnnxReader, required, str } from "./define";

const readDepthToSpace: OnnxReader = (n) => {
  const x = required(n, 0);
  const [batch, channels, h, w] = x.shape;
  const block = num(n.attrs, "blocksize");
  const depth = channels / (block * block);
  const columnFirst = str(n.attrs, "mode", "DCR") === "CRD";
  const split = columnFirst ? [batch, depth, block, block, h, w] : [batch, block, block, depth, h, w];
  const perm = columnFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
  return n.b.reshape(n.b.transpose(n.b.reshape(x, split), perm), [batch, depth, h * block, w * block]);
};

const readSpaceToDepth: OnnxReader = (n) => {
  const x = required(n, 0);
  const [batch, channels, h, w] = x.shape;
  const block = num(n.attrs, "blocksize");
  const [rows, columns] = [h / block, w / block];
  const split = n.b.reshape(x, [batch, channels, rows, block, columns, block]);
  return n.b.reshape(n.b.transpose(split, [0, 3, 5, 1, 2, 4]), [batch, channels * block * block, rows, columns]);
};

export const readers: Readonly<Record<string, OnnxReader>> = {
  DepthToSpace: readDepthToSpace,
  SpaceToDepth: readSpaceToDepth,
};
