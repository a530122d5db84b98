/**
 * The one error type for bad input: where it happened, what was expected, what came, what to do.
 * Anything else that throws is a defect of Radapt and not of the user's data.
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

/**
 * An error as plain data, for stores, events and screens. Only a RadaptError has more than a title.
 */
export interface ErrorDetails extends Partial<ErrorParts> {
  /** What went wrong, in a sentence. */
  title: string;
}

export class RadaptError extends Error {
  /** What went wrong, in a sentence; `message` is this with all parts. */
  readonly title: string;
  readonly parts: ErrorParts;

  constructor(title: string, parts: ErrorParts) {
    super(detailsText({ title, ...parts }));
    this.name = "RadaptError";
    this.title = title;
    this.parts = parts;
  }

  get code(): string {
    return this.parts.code;
  }
}

/** Labels of the parts that people read, in order. */
export const errorLabels = { where: "Where", expected: "Expected", got: "Got", remedy: "What to do" } as const;

/** The title, then a line for each part that is there, e.g. "Where: labels.csv". */
export function detailsText(details: ErrorDetails): string {
  const keys = Object.keys(errorLabels) as (keyof typeof errorLabels)[];
  const lines = keys.flatMap((key) => (details[key] ? [`${errorLabels[key]}: ${details[key]}`] : []));
  return [details.title, ...lines].join("\n");
}

/** Anything thrown, as plain data. */
export function detailsOf(error: unknown): ErrorDetails {
  if (error instanceof RadaptError) return { title: error.title, ...error.parts };
  return { title: messageOf(error) };
}

/** Throws a plain Error (a defect, not bad input) when the condition does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Radapt defect: ${message}`);
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
