/**
 * Reads records of every version. Records of schema 1 describe their split by three loose fields of
 * the configuration. Since schema 2 the configuration holds `split`, which names its protocol.
 *
 * A run's id is the hash of its configuration. For the protocol of schema 1, Radapt still hashes
 * the loose fields. Hence older records, adapters and files keep their ids, and a plan that an
 * older version began continues where it stopped.
 */
import type { RunSplit, SplitSettings } from "./protocols";
import type { RunConfig, RunRecord } from "./record";

/**
 * The id of schema 1's only protocol. It is a copy, because the first screen reads records and must
 * not load the protocols for that. A test compares the copy with the protocol's id.
 */
export const SCHEMA_1_PROTOCOL = "stratified-group-k-fold";

/** The split in a configuration of schema 1. */
export interface FlatSplit {
  folds: number;
  /** The fold that was tested, from 0. */
  fold: number;
  splitSeed: number;
}

type FlatConfig = Omit<RunConfig, "split"> & FlatSplit;

/** A record as some version of Radapt wrote it. */
export type StoredRecord = RunRecord | (Omit<RunRecord, "schema" | "config"> & { schema: 1; config: FlatConfig });

/** Converts the loose fields of schema 1 to a split. */
export function splitOfFlat({ folds, fold, splitSeed }: FlatSplit): RunSplit {
  return { protocol: SCHEMA_1_PROTOCOL, folds, splitSeed, part: String(fold) };
}

/** The inverse of `splitOfFlat`; null for a protocol that schema 1 did not have. */
export function flatOfSplit({ protocol, part, ...settings }: RunSplit): (SplitSettings & { fold: number }) | null {
  return protocol === SCHEMA_1_PROTOCOL ? { ...settings, fold: Number(part) } : null;
}

/** Converts a stored record to today's schema. A record that has it already comes back as it is. */
export function migrateRecord(stored: StoredRecord): RunRecord {
  if (stored.schema !== 1) return stored;
  const { folds, fold, splitSeed, seed, ...config } = stored.config;
  return { ...stored, schema: 2, config: { ...config, split: splitOfFlat({ folds, fold, splitSeed }), seed } };
}

/**
 * The value whose hash identifies a run. A split that schema 1 could describe stands in its loose
 * fields.
 */
export function identifiedConfig({ split, ...config }: RunConfig): object {
  return { ...config, ...(flatOfSplit(split) ?? { split }) };
}
