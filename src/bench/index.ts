/** The benchmark core: plans, splits, metrics, statistics, records. Pure and deterministic given its arguments. */

export * from "./aggregate";
export * from "./class-weights";
export * from "./expand";
export * from "./export";
export * from "./folds";
export * from "./metric";
export * from "./metrics";
export * from "./pairwise";
export * from "./plan";
export * from "./pooled-bootstrap";
export * from "./record";
export * from "./run-groups";
export * from "./split";
export * from "./stats";
export * from "./thresholds";
export * from "./versus-shots";
