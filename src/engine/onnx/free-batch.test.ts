/** Files for any number of images: what may differ between builds, and what may not. */
import { expect, test } from "vitest";
import { createFeatureRuntime } from "../../models/ort";
import { Builder } from "../graph/builder";
import { interpret } from "../graph/interpret";
import { tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import { normals } from "./test-files";
import { writeOnnx } from "./writer";

type Build = (b: Builder, x: Value, batch: number) => Value;
const WIDTH = 6;

const graphs = [5, 7, 11];
function write(build: Build) {
  const outputs = graphs.map((batch) => {
    const b = new Builder();
    return build(b, b.input("x", [batch, WIDTH]), batch);
  });
  const others = outputs.slice(1).map((v, i) => ({ batch: graphs[i + 1], outputs: [v] }));
  return writeOnnx([{ name: "y", value: outputs[0] }], { freeBatch: { batch: graphs[0], others } });
}

const filled = (b: Builder, shape: number[], f: (i: number) => number) =>
  b.constant(
    tensor(
      shape,
      Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, (_, i) => f(i)),
    ),
  );

const fitting: Record<string, Build> = {
  "a token repeated for every image": (b, x, batch) =>
    b.op("Concat", [filled(b, [batch, 2], (i) => 3 + (i % 2)), x], { axis: 1 }),
  "a mask repeated for every image's windows": (b, x, batch) =>
    b.mul(
      b.reshape(x, [batch * 2, 3]),
      filled(b, [batch * 2, 3], (i) => Math.sin(i % 6)),
    ),
  "a repetition behind another axis": (b, x, batch) =>
    b.add(
      b.transpose(x, [1, 0]),
      filled(b, [WIDTH, batch], (i) => Math.floor(i / batch)),
    ),
  "lengths that grow and lengths that stay": (b, x, batch) => {
    const wide = b.expand(b.reshape(x, [batch, 1, WIDTH]), [batch, 4, WIDTH]);
    const padded = b.op("Pad", [b.reshape(wide, [4 * batch, WIDTH])], {
      starts: [1, 0],
      steps: [1, 1],
      shape: [4 * batch + 3, WIDTH],
    });
    const taken = b.op("Slice", [padded], { starts: [1, 2], steps: [2, 1], shape: [2 * batch, 3] });
    return b.reshape(taken, [batch, 6]);
  },
};

test.each(Object.entries(fitting))("%s", async (_, build) => {
  const runtime = createFeatureRuntime({ threads: 1 });
  const session = await runtime.openGraph(write(build));
  for (const batch of [1, 2, 8]) {
    const b = new Builder();
    const x = b.input("x", [batch, WIDTH]);
    const data = normals("x", [batch, WIDTH]);
    const [want] = interpret([build(b, x, batch)], new Map([[x, tensor([batch, WIDTH], data)]]));
    const [got] = await session.run({ x: { shape: [batch, WIDTH], data } }, ["y"]);
    expect(Array.from(got)).toEqual(Array.from(want.data));
  }
  await session.dispose();
});

const unfit: Record<string, [Build, RegExp]> = {
  "numbers that differ from image to image": [
    (b, x, batch) =>
      b.add(
        x,
        filled(b, [batch, 1], (i) => i),
      ),
    /Constant.*repeated/,
  ],
  "a constant that depends on the batch": [(b, x, batch) => b.scale(x, batch), /Constant holds other numbers/],
  "lengths that do not grow evenly": [
    (b, x, batch) => b.op("Slice", [x], { starts: [0, 0], steps: [1, 1], shape: [batch % 4, WIDTH] }),
    /Slice has lengths/,
  ],
  "other nodes": [(b, x, batch) => (batch > 6 ? b.neg(x) : b.op("Relu", [x])), /another node in place of Relu/],
};

test.each(Object.entries(unfit))("%s cannot be", (_, [build, message]) => {
  expect(() => write(build)).toThrow(message);
});
