/** Reports free space, and turns a full storage into an error with figures. */
import { RadaptError } from "../base/error";

export interface Estimate {
  /** Bytes that this site uses; null where the browser does not tell. */
  usage: number | null;
  /** Total bytes that the browser allows this site; null where it does not tell. */
  quota: number | null;
}

export async function storageEstimate(): Promise<Estimate> {
  const storage = typeof navigator === "undefined" ? undefined : navigator.storage;
  const { usage = null, quota = null } = (await storage?.estimate?.().catch(() => undefined)) ?? {};
  return { usage, quota };
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

/**
 * Runs a write. When the browser has no more space, it throws an error with figures.
 *
 * @throws RadaptError "storage.quota"
 */
export async function withinQuota<T>(what: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof Error || error instanceof DOMException) || error.name !== "QuotaExceededError") throw error;
    const { usage, quota } = await storageEstimate();
    throw new RadaptError(`There is no room left to store ${what}. What was stored before is untouched.`, {
      code: "storage.quota",
      where: what,
      expected: "free space in this browser's storage",
      got: usage === null || quota === null ? "no room left" : `${megabytes(usage)} of ${megabytes(quota)} are in use`,
      remedy:
        "Delete datasets, backbones or cached features on the storage page, or free space on the disk; then try again.",
    });
  }
}
