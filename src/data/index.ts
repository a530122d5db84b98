/**
 * Readers, tables and the import of datasets. For a browser's folders see folder.ts, for the
 * command line node-folder.ts.
 */
export * from "./dataset";
export * from "./decode";
export { formats } from "./formats";
export * from "./import";
export * from "./preview";
export type * from "./types";
