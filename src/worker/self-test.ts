/** The worker's self-test: runs it on the device that runs train on, and stores the report. */
import { loadStoredCases } from "../engine/index";
import type { OpenDevice } from "../runner/devices";
import { runSelfTest } from "../runner/self-test";
import { version } from "../runner/version";
import type { BrowserStorage } from "../storage";
import { selfTestSetting } from "../storage/types";
import { clock, paced } from "./clock";
import type { WorkerApi } from "./protocol";
import type { Tasks } from "./tasks";

export function createSelfTestTasks(
  store: () => Promise<Pick<BrowserStorage, "settings">>,
  openDevice: OpenDevice,
  { measuring }: Tasks,
): Pick<WorkerApi, "prepareSelfTest" | "selfTest"> {
  return {
    prepareSelfTest: async () => void (await loadStoredCases()),
    selfTest: (onProgress) =>
      measuring(async (signal) => {
        const { device } = await openDevice();
        const environment = { radapt: version, host: navigator.userAgent };
        const request = { device, clock, environment, signal, onProgress: paced(onProgress) };
        const report = await runSelfTest(request).finally(() => device.dispose());
        await (await store()).settings.put(selfTestSetting, report);
        return report;
      }),
  };
}
