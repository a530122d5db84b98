// @ts-check
/**
 * `npm start` serves the built app and prints its address. In an interactive session it also opens
 * the browser. The environment variable PORT chooses the port.
 */
import process from "node:process";
import { serve } from "./serve.mjs";

const interactive =
  process.stdout.isTTY &&
  !process.env.CI &&
  (process.platform !== "linux" || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY));

const { url } = await serve({ port: Number(process.env.PORT ?? 4173), open: interactive });
console.log(`Radapt is at ${url}  (Ctrl+C stops it)`);
