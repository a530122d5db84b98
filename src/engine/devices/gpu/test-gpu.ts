/**
 * WebGPU for tests: the browser's own, or Dawn (package webgpu) in Node. A missing adapter is an
 * error that says how to get one, never a skipped test.
 */
import { RadaptError } from "../../../base/error";
import { openDawn } from "./dawn";

let gpu: Promise<GPU> | undefined;

/**
 * The entry point of WebGPU. In Node, the first call also defines WebGPU's usual globals, such as
 * `GPUBufferUsage`.
 */
export function testGpu(): Promise<GPU> {
  gpu ??= openGpu();
  return gpu;
}

async function openGpu(): Promise<GPU> {
  if (typeof window !== "undefined") {
    if (navigator.gpu) return navigator.gpu;
    throw missingAdapter("this browser has no navigator.gpu");
  }
  return openDawn();
}

/**
 * An adapter.
 *
 * @throws RadaptError with a remedy where there is none
 */
export async function requestTestAdapter(): Promise<GPUAdapter> {
  const adapter = await (await testGpu()).requestAdapter();
  if (!adapter) throw missingAdapter("requestAdapter() gave null");
  return adapter;
}

function missingAdapter(got: string): RadaptError {
  return new RadaptError("No WebGPU adapter for the tests", {
    code: "test.no-adapter",
    expected: "a WebGPU adapter, in hardware or software",
    got,
    remedy:
      "Run the tests through `npm test`, which sets Chromium's flags and Node's Vulkan driver. In Node on Linux: " +
      "`apt-get install libvulkan1` and set VK_ICD_FILENAMES to the vk_swiftshader_icd.json beside Chromium " +
      "(or to lavapipe's lvp_icd.json). In Chromium: start it with --enable-unsafe-webgpu " +
      "--use-webgpu-adapter=swiftshader.",
  });
}
