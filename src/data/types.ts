/** The types of the data layer: datasets, their images, and the report of an import. */

import type { PatientPathRule } from "../bench/plan";
import type { SplitFilePart } from "../bench/protocols/protocol";
import type { JoinedPatient } from "./patient-ids";
import type { PositiveChoice } from "./positive";

/** Where the patients of a dataset stand: in a column, or in a part of the images' paths. */
export interface PatientSource {
  patient?: string;
  /** Used only without a patient column. */
  patientFromPath?: PatientPathRule;
}

export interface PatientSuggestion extends PatientSource {
  /** For the user, e.g. "37 values, 1 to 9 images each". */
  reason: string;
}

export interface PatientChoices {
  suggestion?: PatientSuggestion;
  /** What each column would give, e.g. "37 values, 1 to 9 images each". */
  columns: Record<string, string>;
  /** The same for the rules of paths that give at least one patient with several images. */
  paths: Partial<Record<PatientPathRule, string>>;
}

/** Which columns of the table an import reads. */
export interface DatasetColumns extends PatientSource, ExtraColumns {
  image: string;
  outcome: string;
}

/** Columns beside image, outcome and patient. */
export interface ExtraColumns {
  centre?: string;
  /** Says which images train, validate and test. */
  split?: string;
  /** Kept with the images as they are, for subgroups. */
  kept?: string[];
}

/** The side of a split on which a table places an image. */
export type SplitSide = "train" | "val" | "test";

/** A stored dataset. Its images are stored beside it as encoded bytes. */
export interface DatasetRow {
  id: string;
  name: string;
  description: string;
  synthetic: boolean;
  createdAt: string;
  /** Class names; for two classes index 1 is the positive one. */
  classes: string[];
  /** "patient" if the person chose a patient column or a rule of paths, else "image". */
  grouping: "patient" | "image";
  columns: DatasetColumns;
  /**
   * SHA-256 over (image hash, label, patient) of all images, sorted by name. Runs refer to a
   * dataset by it.
   */
  fingerprint: string;
  /**
   * Hashes of the columns that a split protocol may read, for the ids of its runs. A column that
   * the dataset lacks has none.
   */
  columnHashes?: { centre?: string; split?: string };
  /** Split files that came with the dataset, by their hash. */
  splitFiles?: Record<string, SplitFilePart[]>;
  images: ImageRow[];
  report: ImportReport;
}

export interface ImageRow {
  /** Unique within the dataset: the file's path relative to the opened folder. */
  name: string;
  patient: string;
  /**
   * Where the patient shares an image with others: the id of the first of them. A split keeps such
   * a group on one side. Absent for all others, and in datasets that were imported before.
   */
  group?: string;
  /** Index into `classes`. */
  label: number;
  /** SHA-256 of the file's bytes. */
  sha256: string;
  bytes: number;
  width: number;
  height: number;
  centre?: string;
  split?: SplitSide;
  /** Values of the kept columns, without missing ones. */
  columns?: Record<string, string>;
}

export interface ImportIssue {
  file: string;
  /** The row of the table (1 = header), if the issue concerns one. */
  row?: number;
  reason: string;
}

export interface ImportReport {
  rows: number;
  files: number;
  matched: number;
  /** Rows whose image was not found. */
  unmatchedRows: ImportIssue[];
  /** Images that no row names. */
  unmatchedFiles: ImportIssue[];
  unreadable: ImportIssue[];
  /** Images with equal bytes: [first, others…] names. */
  duplicates: string[][];
  missingOutcome: ImportIssue[];
  /** Patients whose id is written in more than one way; absent in older reports. */
  joinedPatients?: JoinedPatient[];
  /** Patients who share an image with equal bytes; absent in older reports. */
  joinedGroups?: JoinedGroup[];
  /** Images of different patients that look the same; absent in older reports. */
  nearDuplicates?: NearDuplicate[];
  perClass: { name: string; images: number; patients: number }[];
  /** Why the second of two classes is the positive one; absent if a person chose otherwise. */
  positive?: PositiveChoice;
  warnings: string[];
}

/** Patients whom a split keeps together, since they share images with equal bytes. */
export interface JoinedGroup {
  /** The first of the patients. */
  id: string;
  /** Two or more, sorted. */
  patients: string[];
  /** Names of the images, one array for each set of copies. */
  images: string[][];
}

/** Two images whose files differ and whose perceptual hashes hardly do. */
export interface NearDuplicate {
  images: [string, string];
  /** Number of the 64 bits of the hashes that differ. */
  bits: number;
}

/** An opened file. Its path is relative to the opened folder, with "/" between parts. */
export interface NamedFile {
  path: string;
  file: Blob;
}

/** A table of outcomes after reading. */
export interface Table {
  name: string;
  /** Unique, never empty. */
  columns: string[];
  /** Rows that are not blank, one trimmed value per column. */
  rows: TableRow[];
}

export interface TableRow {
  /** The row number as a spreadsheet counts; the header is row 1. */
  number: number;
  values: string[];
}

/** The first rows of a table and a summary of its columns, from which a person chooses columns. */
export interface TablePreview {
  columns: string[];
  rows: Record<string, string>[];
  rowCount: number;
  /** Suggested columns: the image column is the one whose values match file names best. */
  suggestion: { image?: string; outcome?: string } & PatientSource;
  /** What each column and each rule of paths would give as patients, and why one is suggested. */
  patients?: PatientChoices;
  /** Suggested columns beside these. */
  extra?: ExtraColumns;
  /** Distinct values per column (at most 20 listed) with counts. */
  values: Record<string, { value: string; count: number }[]>;
  /** Per column, how many rows hold a value that names one of the opened files. */
  matches?: Record<string, number>;
}

export interface ImportRequest {
  name: string;
  files: NamedFile[];
  labels: NamedFile;
  columns: DatasetColumns;
  /** The outcome value that counts as positive (two classes). */
  positive?: string;
}

/**
 * Receives imported images. Nothing is visible before `finish`, and nothing is left after `abort`.
 */
export interface DatasetSink {
  /**
   * Keeps one image; `name` is unique within the dataset. `bytes` is what the import hashed and
   * decoded. A sink that leaves images where they are may keep `file` instead.
   */
  addImage(image: { name: string; bytes: Uint8Array<ArrayBuffer>; type: string; file: Blob }): Promise<void>;
  finish(row: DatasetRow): Promise<void>;
  abort(): Promise<void>;
}
