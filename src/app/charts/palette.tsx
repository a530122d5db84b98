/**
 * Colours and markers of series. They differ in shape and in colour, so that colour-blind readers
 * can tell them apart in both themes.
 */
import type { Key } from "react";

const seriesColours = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `var(--r-s${n})`);

type MarkerShape = "circle" | "square" | "triangle" | "diamond" | "cross" | "down" | "plus" | "ring";
const shapes: MarkerShape[] = ["circle", "square", "triangle", "diamond", "cross", "down", "plus", "ring"];

export function seriesColour(index: number): string {
  return seriesColours[index % seriesColours.length];
}

function seriesShape(index: number): MarkerShape {
  return shapes[index % shapes.length];
}

/** Path of a marker about (0, 0) with radius r, px. */
function markerPath(shape: MarkerShape, r: number): string {
  switch (shape) {
    case "circle":
    case "ring":
      return `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
    case "square":
      return `M${-r * 0.9} ${-r * 0.9}h${r * 1.8}v${r * 1.8}h${-r * 1.8}z`;
    case "triangle":
      return `M0 ${-r * 1.15}L${r * 1.1} ${r * 0.85}H${-r * 1.1}z`;
    case "down":
      return `M0 ${r * 1.15}L${r * 1.1} ${-r * 0.85}H${-r * 1.1}z`;
    case "diamond":
      return `M0 ${-r * 1.25}L${r * 1.25} 0L0 ${r * 1.25}L${-r * 1.25} 0z`;
    case "cross":
      return `M${-r} ${-r}L${r} ${r}M${r} ${-r}L${-r} ${r}`;
    case "plus":
      return `M0 ${-r * 1.2}V${r * 1.2}M${-r * 1.2} 0H${r * 1.2}`;
  }
}

interface MarkerProps {
  index: number;
  x?: number;
  y?: number;
  r?: number;
}

/** A series' marker inside an SVG. */
export function Marker({ index, x = 0, y = 0, r = 4.2 }: MarkerProps) {
  const shape = seriesShape(index);
  const colour = seriesColour(index);
  const open = shape === "cross" || shape === "plus" || shape === "ring";
  return (
    <path
      d={markerPath(shape, r)}
      transform={`translate(${x} ${y})`}
      fill={open ? (shape === "ring" ? "var(--r-panel)" : "none") : colour}
      stroke={open ? colour : "var(--r-panel)"}
      strokeWidth={open ? 2 : 1}
    />
  );
}

/** What recharts passes for one point of a line. */
interface LinePoint {
  key?: Key | null;
  /** Px; undefined or NaN where the series has no value. */
  cx?: number;
  cy?: number;
}

/** Draws a series' marker of radius `r` at each point of its line. */
export function markerDot(index: number, r?: number) {
  return ({ cx, cy, key }: LinePoint) =>
    Number.isFinite(cx) && Number.isFinite(cy) ? (
      <Marker key={key} index={index} x={cx} y={cy} r={r} />
    ) : (
      <g key={key} />
    );
}

/** The marker in an SVG of its own, for tables and legends. */
export function Sign({ index }: { index: number }) {
  return (
    <svg width="13" height="13" viewBox="-6.5 -6.5 13 13" aria-hidden className="sign">
      <Marker index={index} />
    </svg>
  );
}
