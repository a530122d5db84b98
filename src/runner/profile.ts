/**
 * Profiles a training step of a backbone: time by kind of kernel and by module, compared with plain
 * matrix products.
 */
import type { OnProgress } from "../base/progress";
import { completeMethod } from "../engine/adapters";
import type { DispatchTimer } from "../engine/devices/gpu/timing";
import { groupDispatches, opsOf, scopeOf } from "../engine/profile/dispatch-groups";
import { commonProducts, type ProductRate, productRate, profileStep } from "../engine/profile/profile";
import type { EngineDevice, FeatureKind, Model } from "../engine/types";
import type { ProfileReport } from "./profile-report";

export interface ProfileRequest {
  model: Model;
  /** Created through the timer's entry point. */
  device: EngineDevice;
  timer: DispatchTimer;
  /** Id of the method; its settings are the defaults. */
  method: string;
  /** Images per step. */
  batch: number;
  /** Image height and width where the file leaves them free; default 224. */
  size?: number;
  /** The head's input; default: the file's own. */
  feature?: FeatureKind;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/**
 * @throws RadaptError `gpu.no-timestamps`, or why the method does not fit the backbone; the
 *   signal's reason when aborted
 */
export async function profileBackbone(request: ProfileRequest): Promise<ProfileReport> {
  const { model, device, timer, batch, feature, onProgress, signal } = request;
  const { config, label } = completeMethod(request.method, {});
  const size = request.size ?? (model.info.input.shape[1] || 224);
  const { dispatches, ms, memory } = await profileStep({
    model,
    device,
    timer,
    batch,
    feature,
    onProgress,
    signal,
    method: { id: request.method, config },
    imageSize: size,
  });
  const products: ProductRate[] = [];
  for (const shape of commonProducts) {
    signal?.throwIfAborted();
    onProgress?.({ done: products.length, total: commonProducts.length, what: "timing matrix products" });
    products.push(await productRate(device, timer, shape));
  }
  const modules = groupDispatches(dispatches, scopeOf);
  return {
    device: device.info.label,
    method: label,
    batch,
    size,
    ms,
    memory,
    dispatches,
    products,
    flops: dispatches.reduce((sum, d) => sum + d.flops, 0),
    kernels: groupDispatches(dispatches, opsOf),
    modules: modules.map((group) => ({ ...group, name: group.name || "(backward and shared)" })),
    best: Math.max(...products.map(({ gflops }) => gflops)),
  };
}
