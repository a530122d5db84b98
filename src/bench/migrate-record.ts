/**
 * Reads records of every version. Records of schema 1 named their split by three loose fields of
 * the configuration; since schema 2 the configuration holds `split`, with the id of its protocol.
 *
 * A run's id is a hash of its configuration. For the protocol of schema 1 the hash is still taken
 * of the loose fields: records, adapters and files of before keep their ids, and a plan that was
 * half done goes on where it stood.
 */
import type { RunSplit, SplitSettings } from "./protocols";
import type { RunConfig, RunRecord } from "./record";

/**
 * The id of schema 1's only protocol. It stands here as text, since the page reads records on its
 * first screen and must not load the protocols for that. A test compares it with the protocol's id.
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

/** The split of schema 1 as a split of its protocol. */
export function splitOfFlat({ folds, fold, splitSeed }: FlatSplit): RunSplit {
  return { protocol: SCHEMA_1_PROTOCOL, folds, splitSeed, part: String(fold) };
}

/** The inverse of `splitOfFlat`; null for a protocol that schema 1 did not have. */
export function flatOfSplit({ protocol, part, ...settings }: RunSplit): (SplitSettings & { fold: number }) | null {
  return protocol === SCHEMA_1_PROTOCOL ? { ...settings, fold: Number(part) } : null;
}

/** A stored record in today's shape; one that has it already is given back as it is. */
export function migrateRecord(stored: StoredRecord): RunRecord {
  if (stored.schema !== 1) return stored;
  const { folds, fold, splitSeed, seed, ...config } = stored.config;
  return { ...stored, schema: 2, config: { ...config, split: splitOfFlat({ folds, fold, splitSeed }), seed } };
}

/**
 * What of a configuration its hash is taken of, with the split as schema 1 wrote it where that
 * could.
 */
export function identifiedConfig({ split, ...config }: RunConfig): object {
  return { ...config, ...(flatOfSplit(split) ?? { split }) };
}
