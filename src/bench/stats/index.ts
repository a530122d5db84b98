/** Statistics of the benchmark: intervals, paired differences, and the functions that they need. */
export * from "./auc-difference";
export * from "./bootstrap";
export * from "./friedman";
export * from "./mean-interval";
export * from "./paired";
export * from "./special";
export * from "./summary";
export * from "./wilson";
