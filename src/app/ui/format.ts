/** Formats numbers for people. */
import { fixedText } from "../../base/number-text";

/** Milliseconds as "45 s", "3 min 20 s", "1 h 5 min". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 && minutes < 10 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Bytes in decimal units, as file managers show them. */
export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** A number in all its digits, with a true minus sign. */
export function plainText(value: number): string {
  return String(value).replace("-", "−");
}

/** A metric's value with three decimals, a true minus sign, and a dash where it is undefined. */
export function metricText(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return fixedText(value, digits);
}

/**
 * A positive number with some significant digits: "0.0123", "4.56", "789", "12 345". Any other
 * value gives a dash.
 */
export function significant(value: number, digits = 3): string {
  if (!Number.isFinite(value) || value <= 0) return "–";
  const decimals = digits - 1 - Math.floor(Math.log10(value));
  return decimals > 0 ? value.toFixed(Math.min(decimals, 6)) : count(value);
}

/** A whole number with thin spaces between groups of three digits. */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

export function percent(fraction: number, digits = 0): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

/** "1 run", "5 runs". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

export function dateTime(iso: string): string {
  return iso.slice(0, 16).replace("T", " ");
}

/** The text with its first letter in upper case. */
export const capitalised = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
