// @ts-check
/** Runs the contestants as Node processes, each with Dawn on this machine's Vulkan driver. */
import { fork } from "node:child_process";
import process from "node:process";

import { hostOf } from "./remote.mjs";

/** @typedef {import("./host").ContestantHost} ContestantHost */

const script = new URL("./node-host.mjs", import.meta.url).pathname;

/** @param {string | null} icd file of the Vulkan driver; null for the system's own */
export function openNode(icd) {
  /** @param {string} name @returns {Promise<{ host: ContestantHost, end: () => Promise<void> }>} */
  const host = async (name) => {
    const env = icd ? { ...process.env, VK_ICD_FILENAMES: icd } : process.env;
    const child = fork(script, [name], { env, stdio: ["ignore", "ignore", "pipe", "ipc"] });
    let said = "";
    child.stderr?.on("data", (text) => (said = `${said}${text}`.slice(-2000)));
    /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
    const waiting = new Map();
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const dead = () => new Error(`the process of ${name} ended: ${said.trim().split("\n").at(-1) ?? ""}`);
    ended.then(() => waiting.forEach(({ reject }) => reject(dead())));
    await new Promise((resolve, reject) => {
      ended.then(() => reject(dead()));
      child.on("message", (/** @type {any} */ { ready, failure, id, value, error }) => {
        if (ready) resolve(undefined);
        else if (failure) reject(new Error(failure));
        else if (error) waiting.get(id)?.reject(new Error(error));
        else waiting.get(id)?.resolve(value);
      });
    });
    let next = 0;
    /** @type {(method: keyof ContestantHost) => (...args: any[]) => Promise<any>} */
    const call =
      (method) =>
      (...args) =>
        new Promise((resolve, reject) => {
          const id = next++;
          waiting.set(id, { resolve, reject });
          child.send({ id, method, args });
        });
    return {
      host: hostOf(call),
      end: async () => {
        child.kill("SIGKILL"); // Dawn keeps the process alive otherwise.
        await ended;
      },
    };
  };
  return { version: `Node ${process.versions.node}, Dawn`, host, close: async () => {} };
}
