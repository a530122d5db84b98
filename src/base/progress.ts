/** How far a long task has come. */
export interface Progress {
  done: number;
  total: number;
  /** What the task is doing, for display. */
  what: string;
}

export type OnProgress = (progress: Progress) => void;
