/**
 * Counts what leaves the page: bytes in request bodies (fetch, XMLHttpRequest, sendBeacon), and
 * requests to other origins as the browser's resource timing reports them. It does not count
 * responses.
 */
import { createStore } from "zustand/vanilla";

export interface NetworkState {
  bytesSent: number;
  /** Requests to origins other than the page's own, for example for a backbone at an address. */
  foreignRequests: number;
  /** Hosts of those requests. */
  hosts: string[];
  watching: boolean;
}

export const networkStore = createStore<NetworkState>(() => ({
  bytesSent: 0,
  foreignRequests: 0,
  hosts: [],
  watching: false,
}));

/** Bytes of a request body. A stream counts as 1, since nobody knows its length beforehand. */
export function bodyBytes(body: unknown): number {
  if (body === null || body === undefined) return 0;
  if (typeof body === "string") return new TextEncoder().encode(body).length;
  if (body instanceof Blob) return body.size;
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return body.byteLength;
  if (body instanceof URLSearchParams) return body.toString().length;
  if (body instanceof FormData) {
    let sum = 0;
    for (const [name, value] of body) sum += name.length + (typeof value === "string" ? value.length : value.size);
    return sum;
  }
  return 1;
}

export function countSent(bytes: number): void {
  if (bytes > 0) networkStore.setState((s) => ({ bytesSent: s.bytesSent + bytes }));
}

export function countRequest(url: string, origin: string): void {
  const target = new URL(url, origin);
  if (!target.protocol.startsWith("http") || target.origin === origin) return;
  networkStore.setState((s) => ({
    foreignRequests: s.foreignRequests + 1,
    hosts: s.hosts.includes(target.host) ? s.hosts : [...s.hosts, target.host],
  }));
}

/** Starts the counter. Call it once, before any other code runs. */
export function watchNetwork(scope: typeof globalThis & Window = window): void {
  if (networkStore.getState().watching) return;
  networkStore.setState({ watching: true });
  const fetchOriginal = scope.fetch.bind(scope);
  scope.fetch = (input, init) => {
    countSent(bodyBytes(init?.body ?? (input instanceof Request && input.body ? input.body : null)));
    return fetchOriginal(input, init);
  };
  const sendOriginal = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function send(body?: XMLHttpRequestBodyInit | null) {
    countSent(bodyBytes(body));
    sendOriginal.call(this, body);
  };
  const beaconOriginal = navigator.sendBeacon.bind(navigator);
  navigator.sendBeacon = (url, data) => {
    countSent(bodyBytes(data));
    return beaconOriginal(url, data);
  };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) countRequest(entry.name, location.origin);
  }).observe({ type: "resource", buffered: true });
}
