/** The page of one contestant, named in the address: `?radapt-webgpu`. Its calls stand in `window.host`. */
import type { LoadContestant } from "./contestant";
import { createHost, type Host } from "./host";

type Loaders = Readonly<Record<string, LoadContestant>>;

/** By what the names begin with, so that a page loads no other library than its own. */
const peers: Record<string, () => Promise<{ loaders: Loaders }>> = {
  radapt: () => import("./peers/radapt"),
  ort: () => import("./peers/onnxruntime-browser"),
  jax: () => import("./peers/jax"),
  tfjs: () => import("./peers/tfjs"),
};

declare global {
  interface Window {
    host?: Host;
    hostError?: string;
  }
}

const name = location.search.slice(1);
try {
  const { loaders } = await peers[name.split("-")[0]]();
  window.host = createHost(loaders[name]);
} catch (error) {
  window.hostError = error instanceof Error ? error.message : String(error);
}
