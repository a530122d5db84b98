// @ts-check
/** A host in another page or process, as an object of the same calls. */

/** @typedef {import("./host").Host} Host */

/**
 * @param {(method: keyof Host) => (...args: any[]) => Promise<any>} call
 * @returns {Host}
 */
export const hostOf = (call) => ({
  open: call("open"),
  time: call("time"),
  peakBytes: call("peakBytes"),
  close: call("close"),
  profile: call("profile"),
  submits: call("submits"),
});
