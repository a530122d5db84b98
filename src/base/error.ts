/**
 * The one error type for bad input: where it happened, what was expected, what came, what to do.
 * Anything else that throws is a defect of Radapt, not of the user's data.
 */
export interface ErrorParts {
  /** A stable identifier for tests and for choosing an icon or a link, e.g. "csv.no-match". */
  code: string;
  /** Where: a file, row, node or field, e.g. "labels.csv, row 12, column outcome". */
  where?: string;
  /** What was expected. */
  expected?: string;
  /** What came instead. */
  got?: string;
  /** What the person can do about it. */
  remedy?: string;
}

export class RadaptError extends Error {
  readonly parts: ErrorParts;

  constructor(message: string, parts: ErrorParts) {
    const lines = [
      message,
      parts.where && `Where: ${parts.where}`,
      parts.expected && `Expected: ${parts.expected}`,
      parts.got && `Got: ${parts.got}`,
      parts.remedy && `What to do: ${parts.remedy}`,
    ];
    super(lines.filter(Boolean).join("\n"));
    this.name = "RadaptError";
    this.parts = parts;
  }

  get code(): string {
    return this.parts.code;
  }
}

/** Throws a plain Error (a defect, not bad input) when the condition does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Radapt defect: ${message}`);
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
