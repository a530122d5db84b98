/**
 * Downloads a model from its address. It streams the bytes to the caller, hashes them as they
 * arrive, can be cancelled, and has a distinct error for each way in which the download can fail.
 */
import { messageOf, RadaptError } from "../base/error";
import { createSha256 } from "../base/hash";
import type { OnProgress } from "../base/progress";

export interface PullRequest {
  url: string;
  /** Expected hex digest. Without it, the download only reports the digest. */
  sha256?: string;
  /** Free bytes of the storage, where known. */
  room?: number;
  signal?: AbortSignal;
  onProgress?: OnProgress;
  /** True for a data file beside a model, whose bytes need not be ONNX. */
  isData?: boolean;
  /** Takes the bytes in order. An error with the name QuotaExceededError becomes `hub.quota`. */
  write(chunk: Uint8Array): Promise<void> | void;
  /** For tests. */
  fetch?: typeof fetch;
}

export interface Pulled {
  bytes: number;
  sha256: string;
}

/**
 * Downloads one file.
 *
 * @throws RadaptError `hub.address`, `hub.network`, `hub.missing` (404, 410), `hub.refused` (401,
 *   403), `hub.status`, `hub.size`, `hub.quota`, `hub.hash`, `hub.not-onnx`; or the signal's reason
 *   when aborted
 */
export async function pullModel(request: PullRequest): Promise<Pulled> {
  const url = parseAddress(request.url);
  const response = await connect(url, request);
  const declared = declaredBytes(response);
  assertRoom(url, declared ?? 0, request.room);
  const pulled = await receive(url, response, declared, request);
  if (declared !== null && pulled.bytes < declared)
    throw hubError("size", "The download ended early.", url, {
      expected: `${declared} bytes`,
      got: `${pulled.bytes} bytes`,
      remedy: "Try again; if it stays so, download the file with the browser and open it from disk.",
    });
  if (request.sha256 && pulled.sha256 !== request.sha256.trim().toLowerCase())
    throw hubError("hash", "The file is not the one expected: its SHA-256 differs.", url, {
      expected: request.sha256.trim().toLowerCase(),
      got: pulled.sha256,
      remedy: "Check the digest and the address; the file may have been replaced since. Nothing was kept.",
    });
  return pulled;
}

/**
 * Tells whether bytes begin like an ONNX file: a protocol buffer whose first field is one of
 * ModelProto's. https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function startsLikeOnnx(head: Uint8Array): boolean {
  const modelFields = [1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26];
  if (head.length < 2) return false;
  const wire = head[0] & 7;
  return (wire === 0 || wire === 2) && modelFields.includes((head[0] & 127) >> 3);
}

function hubError(
  kind: string,
  message: string,
  url: URL | string,
  parts: { expected?: string; got?: string; remedy: string },
): RadaptError {
  return new RadaptError(message, { code: `hub.${kind}`, where: String(url), ...parts });
}

function parseAddress(text: string): URL {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw hubError("address", "This is not the address of a file.", text, {
    expected: "https://…/model.onnx",
    got: text,
    remedy: "Copy the download address of the .onnx file, not of the page that describes it.",
  });
}

async function connect(url: URL, request: PullRequest): Promise<Response> {
  let response: Response;
  try {
    const options: RequestInit = { signal: request.signal, credentials: "omit", referrerPolicy: "no-referrer" };
    response = await (request.fetch ?? fetch)(url, options);
  } catch (error) {
    request.signal?.throwIfAborted();
    throw hubError("network", "The address could not be reached.", url, {
      got: messageOf(error),
      remedy:
        "Check the connection and the address. A server that does not allow other pages to read " +
        "its files (CORS) looks the same: then download the file with the browser and open it " +
        "from disk.",
    });
  }
  if (response.ok) return response;
  const got = `HTTP ${response.status} ${response.statusText}`.trim();
  await response.body?.cancel();
  if (response.status === 404 || response.status === 410)
    throw hubError("missing", "There is no file at this address.", url, { got, remedy: "Check the address." });
  if (response.status === 401 || response.status === 403)
    throw hubError("refused", "The server does not give this file to everybody.", url, {
      got,
      remedy: "Sign in there, download the file with the browser and open it from disk.",
    });
  throw hubError("status", "The server answered with an error.", url, { got, remedy: "Try again later." });
}

/**
 * The length that the server announces. It is null where the server announces none, or where it
 * counts compressed bytes.
 */
function declaredBytes(response: Response): number | null {
  const length = Number(response.headers.get("content-length") ?? Number.NaN);
  return Number.isFinite(length) && !response.headers.get("content-encoding") ? length : null;
}

function assertRoom(url: URL, bytes: number, room = Number.POSITIVE_INFINITY): void {
  if (bytes <= room) return;
  throw hubError("quota", "The browser's storage has no room for this model.", url, {
    expected: `${bytes} bytes free`,
    got: `${Math.max(0, Math.floor(room))} bytes`,
    remedy: "Delete models or datasets under Storage, or free disk space, and try again.",
  });
}

async function receive(url: URL, response: Response, declared: number | null, request: PullRequest): Promise<Pulled> {
  const { signal, onProgress } = request;
  const hash = await createSha256();
  const reader = response.body?.getReader();
  let bytes = 0;
  try {
    while (reader) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      if (done) break;
      if (bytes === 0 && !request.isData) assertOnnx(url, value);
      hash.update(value);
      bytes += value.byteLength;
      await request.write(value);
      onProgress?.({ done: bytes, total: Math.max(declared ?? 0, bytes), what: "Pulling the model" });
    }
  } catch (error) {
    await reader?.cancel().catch(() => undefined);
    signal?.throwIfAborted();
    if (error instanceof RadaptError) throw error;
    if (error instanceof Error && error.name === "QuotaExceededError") assertRoom(url, declared ?? bytes, bytes - 1);
    throw hubError("network", "The connection broke off during the download.", url, {
      expected: declared === null ? undefined : `${declared} bytes`,
      got: `${bytes} bytes, then: ${messageOf(error)}`,
      remedy: "Check the connection and try again. Nothing was kept.",
    });
  }
  if (bytes === 0 && !request.isData) assertOnnx(url, new Uint8Array());
  return { bytes, sha256: hash.digest() };
}

function assertOnnx(url: URL, head: Uint8Array): void {
  if (startsLikeOnnx(head)) return;
  const text = new TextDecoder().decode(head.subarray(0, 40)).replaceAll(/[^\x20-\x7e]/g, "·");
  const page = text.trimStart().startsWith("<");
  throw hubError("not-onnx", "The address does not give an ONNX file.", url, {
    expected: "an .onnx file",
    got: page ? "a web page" : head.length === 0 ? "an empty file" : `a file that begins with "${text}"`,
    remedy: page
      ? "Copy the address of the download itself, not of the page about it (on Hugging Face: resolve, not blob)."
      : "Check the address; PyTorch and safetensors files must be exported to ONNX first.",
  });
}
