/** The parts of an error that a message shows, in order and with labels. */
import { type ErrorDetails, errorLabels } from "../../base";

const keys = Object.keys(errorLabels) as (keyof typeof errorLabels)[];

export function detailsParts(details: ErrorDetails): { label: string; text: string }[] {
  return keys.flatMap((key) => {
    const text = details[key];
    return text ? [{ label: errorLabels[key], text }] : [];
  });
}
