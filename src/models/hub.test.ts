/** Every way in which the download of a model can end. */
import { expect, test } from "vitest";
import { type ErrorParts, RadaptError } from "../base/error";
import { sha256Hex } from "../base/hash";
import { type PullRequest, pullModel, startsLikeOnnx } from "./hub";
import { tinyConvNet } from "./testing";

const model = tinyConvNet();
const url = "https://models.example/tiny.onnx";

/** Serves `body` in pieces of 100 bytes. */
function serving(body: Uint8Array, init: ResponseInit = {}, failAfter = Number.POSITIVE_INFINITY): typeof fetch {
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= failAfter) return controller.error(new TypeError("terminated"));
      if (at >= body.length) return controller.close();
      controller.enqueue(body.subarray(at, (at += 100)));
    },
  });
  return async () => new Response(stream, init);
}

async function pull(request: Partial<PullRequest>): Promise<{ chunks: Uint8Array[]; sha256: string; bytes: number }> {
  const chunks: Uint8Array[] = [];
  const pulled = await pullModel({ url, write: (chunk) => void chunks.push(chunk), fetch: serving(model), ...request });
  return { chunks, ...pulled };
}

async function failure(request: Partial<PullRequest>): Promise<ErrorParts> {
  const error = await pull(request).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RadaptError);
  return (error as RadaptError).parts;
}

test("the bytes arrive whole, hashed and counted", async () => {
  const seen: number[] = [];
  const headers = { "content-length": String(model.length) };
  const sha256 = await sha256Hex(model);
  const result = await pull({
    fetch: serving(model, { headers }),
    sha256: sha256.toUpperCase(),
    onProgress: ({ done, total }) => {
      expect(total).toBe(model.length);
      seen.push(done);
    },
  });
  expect(Buffer.concat(result.chunks)).toEqual(Buffer.from(model));
  expect(result).toMatchObject({ bytes: model.length, sha256 });
  expect(seen.at(-1)).toBe(model.length);
  expect(seen.length).toBe(Math.ceil(model.length / 100));
});

const quota = () => {
  throw new DOMException("full", "QuotaExceededError");
};
test.each<[string, Partial<PullRequest>]>([
  ["hub.address", { url: "models/tiny.onnx" }],
  ["hub.network", { fetch: async () => Promise.reject(new TypeError("fetch failed")) }],
  ["hub.missing", { fetch: async () => new Response("", { status: 404 }) }],
  ["hub.refused", { fetch: async () => new Response("", { status: 403 }) }],
  ["hub.status", { fetch: async () => new Response("", { status: 503, statusText: "Busy" }) }],
  ["hub.network", { fetch: serving(model, {}, 300) }],
  ["hub.size", { fetch: serving(model, { headers: { "content-length": String(model.length + 5) } }) }],
  ["hub.hash", { sha256: "0".repeat(64) }],
  ["hub.quota", { fetch: serving(model, { headers: { "content-length": "900" } }), room: 899 }],
  ["hub.quota", { write: quota }],
  ["hub.not-onnx", { fetch: serving(new TextEncoder().encode("<!doctype html><title>Models</title>")) }],
  ["hub.not-onnx", { fetch: serving(new TextEncoder().encode("version https://git-lfs.github.com/spec/v1")) }],
  ["hub.not-onnx", { fetch: serving(new Uint8Array()) }],
])("%s, case %#", async (code, request) => {
  const parts = await failure(request);
  expect(parts.code).toBe(code);
  expect(parts.where).toBeTruthy();
  expect(parts.remedy).toBeTruthy();
});

test("an abort ends the download with the signal's reason", async () => {
  const abort = new AbortController();
  const attempt = pull({ signal: abort.signal, onProgress: () => abort.abort() });
  await expect(attempt).rejects.toMatchObject({ name: "AbortError" });
});

test("an ONNX file is recognised by its first field", () => {
  expect(startsLikeOnnx(model)).toBe(true);
  expect(startsLikeOnnx(new TextEncoder().encode("PK\u0003\u0004"))).toBe(false);
  expect(startsLikeOnnx(new TextEncoder().encode('{"error":1}'))).toBe(false);
});
