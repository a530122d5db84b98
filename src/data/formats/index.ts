/**
 * The formats that Radapt reads, on the page and on the command line alike. To add one: its file,
 * and its line here.
 */
import { csvFormat } from "./csv";
import { jpegFormat } from "./jpeg";
import { pngFormat } from "./png";
import { createRegistry } from "./registry";

/** Text has no signature and comes last. */
export const formats = createRegistry([pngFormat, jpegFormat, csvFormat]);
