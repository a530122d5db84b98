/**
 * The worker's tasks, apart from the wire. Each concern is a factory in its own file and names what
 * it depends on; this file creates what they share and composes them.
 */
import type { GraphRuntime } from "../engine/index";
import { createFeatureRuntime, type FeatureRuntime } from "../models/ort";
import { type BrowserStorage, openStorage } from "../storage";
import { createBackboneTasks } from "./backbones";
import { createDatasetTasks } from "./datasets";
import { createDeviceTasks } from "./environment";
import { createMemoryEstimator } from "./estimate";
import { createInterchangeTasks } from "./interchange";
import { createLibrary } from "./library";
import { createProfileTasks } from "./profile";
import type { WorkerApi } from "./protocol";
import { createRunTasks } from "./runs";
import { createSelfTestTasks } from "./self-test";
import { createTasks } from "./tasks";

/** More than four threads gain little and take the page's own. */
const maxThreads = 4;

export interface Host {
  /** @param baseUrl the app's address */
  configure(baseUrl: string): void;
  api: WorkerApi;
}

export function createHost(): Host {
  let baseUrl = "";
  const store = createStore();
  let opened: (FeatureRuntime & GraphRuntime) | null = null;
  const runtime = () => {
    const threads = Math.min(maxThreads, navigator.hardwareConcurrency || 1);
    opened ??= createFeatureRuntime({ baseUrl, threads });
    return opened;
  };
  const tasks = createTasks();
  const { openDevice, ...deviceTasks } = createDeviceTasks(store, runtime);
  const library = createLibrary(store, () => baseUrl);
  const tools = { store, library, runtime, openDevice, tasks };
  return {
    configure: (address) => {
      baseUrl = address;
    },
    api: {
      ...deviceTasks,
      ...createDatasetTasks(store, tasks),
      ...createBackboneTasks(tools),
      ...createInterchangeTasks(store, library),
      estimate: createMemoryEstimator(tools),
      ...createRunTasks(tools),
      ...createSelfTestTasks(store, openDevice, tasks),
      ...createProfileTasks(tools),
      abort: async () => tasks.abort(),
    },
  };
}

/** Opens the browser's storage at the first call; tries again after a failure. */
function createStore(): () => Promise<BrowserStorage> {
  let storage: Promise<BrowserStorage> | null = null;
  return () => {
    storage ??= openStorage().catch((error: unknown) => {
      storage = null;
      throw error;
    });
    return storage;
  };
}
