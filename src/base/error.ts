/**
 * The error type for bad input. It says where, what was expected, what came, and what to do. Any
 * other error is a defect of Radapt, not of the user's data.
 */
export interface ErrorParts {
  /**
   * A stable identifier, e.g. "csv.no-match". Tests check it. Code that handles one kind of error
   * compares the code, never the text.
   */
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
 * An error as plain data, for stores, events and screens. An error that is not a RadaptError has a
 * title only.
 */
export interface ErrorDetails extends Partial<ErrorParts> {
  /** What went wrong, in a sentence. */
  title: string;
}

export class RadaptError extends Error {
  /** What went wrong, in a sentence. `message` adds all parts to it. */
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

/** Labels of the parts, in the order in which screens show them. */
export const errorLabels = { where: "Where", expected: "Expected", got: "Got", remedy: "What to do" } as const;

/** The title, followed by a line for each part that exists, e.g. "Where: labels.csv". */
export function detailsText(details: ErrorDetails): string {
  const keys = Object.keys(errorLabels) as (keyof typeof errorLabels)[];
  const lines = keys.flatMap((key) => (details[key] ? [`${errorLabels[key]}: ${details[key]}`] : []));
  return [details.title, ...lines].join("\n");
}

/** Converts any thrown value to plain data. */
export function detailsOf(error: unknown): ErrorDetails {
  if (error instanceof RadaptError) return { title: error.title, ...error.parts };
  return { title: messageOf(error) };
}

/** Throws a plain Error when the condition does not hold: that is a defect, not bad input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Radapt defect: ${message}`);
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
