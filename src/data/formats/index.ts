/**
 * The formats that Radapt reads, on the page and on the command line. ARCHITECTURE.md lists what a
 * new format needs.
 */
import { csvFormat } from "./csv";
import { jpegFormat } from "./jpeg";
import { pngFormat } from "./png";
import { createRegistry } from "./registry";

/** Text comes last because it has no signature. */
export const formats = createRegistry([pngFormat, jpegFormat, csvFormat]);
