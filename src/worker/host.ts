/**
 * The worker's side: holds the engine, onnxruntime and the browser's storage, and does what the
 * page asks.
 */
import "../data/jpeg-browser";
import "./transfer-errors";
import { expose, proxy } from "comlink";
import { createHost } from "./host-api";

const host = createHost();

/**
 * The page tells its address first: the worker's own says nothing about where the app's files are.
 */
expose({ configure: host.configure, api: proxy(host.api) });
