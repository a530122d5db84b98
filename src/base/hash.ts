/** Content hashes: canonical JSON for configurations, SHA-256 for bytes. */
import { createSHA256, sha256 } from "hash-wasm";

/**
 * JSON with sorted object keys and without `undefined` members, so that equal configurations give
 * equal text.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/** Hex SHA-256 of bytes or UTF-8 text. */
export function sha256Hex(data: Uint8Array | string): Promise<string> {
  return sha256(data);
}

/**
 * The identity of a run: the SHA-256 of a value's canonical JSON, shortened to 20 hex digits (80
 * bits).
 */
export async function configHash(value: unknown): Promise<string> {
  return (await sha256(canonicalJson(value))).slice(0, 20);
}

/** Incremental SHA-256, for downloads that never fit in memory as a whole. */
export async function createSha256(): Promise<{ update(chunk: Uint8Array): void; digest(): string }> {
  const hasher = await createSHA256();
  return { update: (chunk) => void hasher.update(chunk), digest: () => hasher.digest("hex") };
}
