// @ts-check
/**
 * `npm start` serves the built app, prints its address and, for a person at a screen, opens the
 * browser. PORT chooses the port.
 */
import process from "node:process";
import { serve } from "./serve.mjs";

const interactive =
  process.stdout.isTTY &&
  !process.env.CI &&
  (process.platform !== "linux" || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY));

const { url } = await serve({ port: Number(process.env.PORT ?? 4173), open: interactive });
console.log(`Radapt is at ${url}  (Ctrl+C stops it)`);
