/**
 * Composition root of the app: the worker that computes, the storage that keeps, the page that
 * shows.
 */
import { startApp } from "./app/start";
import { createAppStorage } from "./app/state/storage";
import { createWorkerClient } from "./worker/client";

startApp(
  { worker: createWorkerClient(), storage: createAppStorage(), now: () => new Date().toISOString() },
  document.getElementById("root")!,
);
