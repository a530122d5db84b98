/**
 * Readers, tables and the import of datasets. The command line finds files with node-folder.ts, the
 * page with the browser's pickers.
 */
export * from "./dataset";
export * from "./decode";
export { formats } from "./formats";
export * from "./import";
export * from "./preview";
export type * from "./types";
