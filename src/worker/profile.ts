/** The worker's profile of a training step, on a device of its own whose passes have a clock. */
import { RadaptError } from "../base";
import { openModel, type TuningStore } from "../engine";
import { createTimedDevice } from "../engine/devices/gpu/timing";
import type { FeatureKind } from "../engine/types";
import { splitFiles } from "../models/files";
import type { BackboneRow } from "../models/types";
import type { OpenDevice } from "../runner/devices";
import { type ProfileRequest, profileBackbone } from "../runner/profile";
import type { ProfileReport } from "../runner/profile-report";
import type { ProfileChoice } from "./protocol";
import { unknownBackbone } from "./sources";

export interface ProfileTools extends Pick<ProfileRequest, "onProgress" | "signal"> {
  backbones: readonly BackboneRow[];
  bytes(row: BackboneRow): Promise<Uint8Array<ArrayBuffer>>;
  /** The device that runs train on. */
  openDevice: OpenDevice;
  tuning: TuningStore;
}

/** @throws RadaptError `profile.cpu` where the processor trains, and as `profileBackbone` does */
export async function profileChoice(choice: ProfileChoice, tools: ProfileTools): Promise<ProfileReport> {
  const row = tools.backbones.find(({ id }) => id === choice.backboneId);
  if (!row) throw unknownBackbone(choice.backboneId);
  const trains = (await tools.openDevice()).device;
  trains.dispose();
  if (trains.info.kind !== "webgpu") throw onProcessor();
  const { preprocessing, roles, external } = row;
  const files = splitFiles(await tools.bytes(row), external);
  const model = openModel(files.bytes, {
    ...{ imageSize: preprocessing.size, roles, external: (location) => files.external.get(location) },
  });
  const { device, timer } = await createTimedDevice(tools.tuning);
  const { method, batch } = choice;
  const { onProgress, signal } = tools;
  return profileBackbone({
    ...{ model, device, timer, method, batch, onProgress, signal },
    ...{ size: preprocessing.size, feature: row.feature as FeatureKind },
  }).finally(() => device.dispose());
}

const onProcessor = () =>
  new RadaptError("Training runs on the CPU here, and its kernels cannot be timed one by one.", {
    code: "profile.cpu",
    expected: "a WebGPU adapter",
    remedy: "Choose the graphics adapter under “Train on” in the status line, if there is one.",
  });
