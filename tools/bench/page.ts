/**
 * The page of one contestant, which the address names: `?radapt-webgpu`. `window.host` holds its
 * interface.
 */
import type { LoadContestant } from "./contestant";
import { type ContestantHost, createContestantHost } from "./host";

type Loaders = Readonly<Record<string, LoadContestant>>;

/**
 * Modules by the first part of the contestants' names. A page loads no other library than its own.
 */
const peers: Record<string, () => Promise<{ loaders: Loaders }>> = {
  radapt: () => import("./peers/radapt"),
  ort: () => import("./peers/onnxruntime-browser"),
  jax: () => import("./peers/jax"),
  tfjs: () => import("./peers/tfjs"),
};

declare global {
  interface Window {
    host?: ContestantHost;
    hostError?: string;
  }
}

const name = location.search.slice(1);
try {
  const { loaders } = await peers[name.split("-")[0]]();
  window.host = createContestantHost(loaders[name]);
} catch (error) {
  window.hostError = error instanceof Error ? error.message : String(error);
}
