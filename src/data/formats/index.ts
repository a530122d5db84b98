/**
 * The formats that Radapt reads, on the page and on the command line. To add a format, write its
 * file and add it to the list here.
 */
import { csvFormat } from "./csv";
import { jpegFormat } from "./jpeg";
import { pngFormat } from "./png";
import { createRegistry } from "./registry";

/** Text comes last because it has no signature. */
export const formats = createRegistry([pngFormat, jpegFormat, csvFormat]);
