/** For tests: measures how much the engine and onnxruntime differ on one file. */
import { bindModel } from "../engine/backbone/bind";
import { openModel } from "../engine/backbone/open";
import { interpret } from "../engine/graph/interpret";
import { tensor } from "../engine/graph/tensor";
import { normals } from "../engine/onnx/test-files";
import { createFeatureRuntime, type ExternalData } from "./ort";

const runtime = createFeatureRuntime({ threads: 1 });

/**
 * Computes one random image with both, and gives the largest difference relative to onnxruntime's
 * largest value. The facts of the model and its backbone come with it.
 */
export async function difference(bytes: Uint8Array, external: ExternalData = new Map()) {
  const model = openModel(bytes, { external: (location) => external.get(location) });
  const backbone = bindModel(model, 1);
  const image = normals("image", [...backbone.input.shape]);
  const session = await runtime.open(bytes, "test", external);
  const expected = await session.run(image, 1, model.info.input.shape);
  await session.dispose();
  const got = interpret(
    backbone.outputs.map((o) => o.value),
    new Map([[backbone.input, tensor(backbone.input.shape, image)]]),
  );
  let [error, scale] = [0, 0];
  for (const [i, { name }] of backbone.outputs.entries()) {
    const want = expected.get(name)!;
    if (want.shape.join() !== got[i].shape.join())
      throw new Error(`${name}: [${got[i].shape}] instead of [${want.shape}]`);
    want.data.forEach((v, k) => {
      error = Math.max(error, Math.abs(v - got[i].data[k]));
      scale = Math.max(scale, Math.abs(v));
    });
  }
  return { error: error / scale, ...model.info, backbone };
}
