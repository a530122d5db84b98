// @ts-check
/** Wraps a host of another page or process as an object with the same interface. */

/** @typedef {import("./host").ContestantHost} ContestantHost */

/**
 * @param {(method: keyof ContestantHost) => (...args: any[]) => Promise<any>} call
 * @returns {ContestantHost}
 */
export const hostOf = (call) => ({
  open: call("open"),
  time: call("time"),
  peakBytes: call("peakBytes"),
  close: call("close"),
  profile: call("profile"),
  submits: call("submits"),
});
