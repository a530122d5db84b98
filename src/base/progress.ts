/** How far a lasting task has come. */
export interface Progress {
  done: number;
  total: number;
  /** What is being done, for people. */
  what: string;
}

export type OnProgress = (progress: Progress) => void;
