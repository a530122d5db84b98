/** What a fit on data gives: its result, or the reason why the data determine none. */
export type FitOutcome<T> = { result: T; reason: null } | { result: null; reason: string };

export const fitted = <T>(result: T): FitOutcome<T> => ({ result, reason: null });

/** @param reason a sentence for the user */
export const undetermined = (reason: string): FitOutcome<never> => ({ result: null, reason });
