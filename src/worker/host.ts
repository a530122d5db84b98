/** The worker's entry: exposes its tasks to the page. */
import "../data/jpeg-browser";
import "./transfer-errors";
import { expose, proxy } from "comlink";
import { createHost } from "./host-api";

const host = createHost();

/**
 * The page sends its address first, because the worker's own address does not say where the app's
 * files are.
 */
expose({ configure: host.configure, api: proxy(host.api) });
