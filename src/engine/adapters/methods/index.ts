/** Every fine-tuning method: a file of this folder and its line here. */
import type { AdapterDef } from "../define";
import bitfit from "./bitfit";
import bottleneck from "./bottleneck";
import dora from "./dora";
import full from "./full";
import ia3 from "./ia3";
import knn from "./knn";
import lastBlocks from "./last-blocks";
import linearProbe from "./linear-probe";
import lnTuning from "./ln-tuning";
import lora from "./lora";
import nearestMean from "./nearest-mean";
import ssf from "./ssf";
import tipAdapter from "./tip-adapter";
import vera from "./vera";
import vpt from "./vpt";

export const methods: readonly AdapterDef[] = [
  bitfit,
  bottleneck,
  dora,
  full,
  ia3,
  knn,
  lastBlocks,
  linearProbe,
  lnTuning,
  lora,
  nearestMean,
  ssf,
  tipAdapter,
  vera,
  vpt,
];
