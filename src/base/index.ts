/**
 * What every folder may import: errors, hashes, random numbers, and other things without a domain.
 */
export * from "./error";
export * from "./event-loop";
export * from "./group-by";
export * from "./hash";
export type * from "./pixels";
export * from "./prng";
export type * from "./progress";
export * from "./safetensors";
