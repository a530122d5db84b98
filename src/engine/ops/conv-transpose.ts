/**
 * A transposed convolution is the gradient of a convolution by its input, and the reader writes
 * that operator. https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
 */
import { ints, num, type OnnxReader, required, str } from "./define";
import { unsupportedForm } from "./reshape";

const readConvTranspose: OnnxReader = (n) => {
  const { b } = n;
  const [given, weight] = [required(n, 0), required(n, 1)];
  const spatial = given.shape.slice(2);
  if (spatial.length < 1 || spatial.length > 2) throw unsupportedForm(n, `${spatial.length} spatial axes`);
  const each = (value: number) => spatial.map(() => value);
  const strides = ints(n.attrs, "strides", each(1));
  const dilations = ints(n.attrs, "dilations", each(1));
  const extra = ints(n.attrs, "output_padding", each(0));
  const group = num(n.attrs, "group", 1);
  const autoPad = str(n.attrs, "auto_pad", "NOTSET");
  const isSame = autoPad.startsWith("SAME");
  const wanted = n.attrs.output_shape
    ? ints(n.attrs, "output_shape").slice(-spatial.length)
    : isSame
      ? spatial.map((d, i) => d * strides[i])
      : null;
  /** Output length without padding. */
  const full = spatial.map((d, i) => strides[i] * (d - 1) + extra[i] + (weight.shape[2 + i] - 1) * dilations[i] + 1);
  let pads = ints(n.attrs, "pads", [...each(0), ...each(0)]);
  if (wanted) {
    const totals = full.map((d, i) => d - wanted[i]);
    const [small, large] = [totals.map((t) => Math.floor(t / 2)), totals.map((t) => t - Math.floor(t / 2))];
    pads = autoPad === "SAME_UPPER" ? [...small, ...large] : [...large, ...small];
  }
  const length = full.map((d, i) => d - pads[i] - pads[spatial.length + i]);
  const two = (list: readonly number[], value: number) => (spatial.length === 2 ? [...list] : [...list, value]);
  const lift = (v: typeof given) => (spatial.length === 2 ? v : b.reshape(v, [...v.shape, 1]));
  const channels = weight.shape[1] * group;
  const y = b.op("ConvGradInput", [lift(given), lift(weight)], {
    strides: two(strides, 1),
    dilations: two(dilations, 1),
    pads: [...two(pads.slice(0, spatial.length), 0), ...two(pads.slice(spatial.length), 0)],
    group,
    shape: [given.shape[0], channels, ...two(length, 1)],
  });
  const result = spatial.length === 2 ? y : b.reshape(y, y.shape.slice(0, 3));
  const bias = n.inputs[2];
  return bias ? b.add(result, b.reshape(bias, [channels, ...each(1)])) : result;
};

export const readers: Readonly<Record<string, OnnxReader>> = { ConvTranspose: readConvTranspose };
