/** What the drawings of ROC and precision–recall curves share: their data, lines and bands. */
import { Area, Line } from "recharts";
import { seriesColour } from "./palette";
import type { CurveBand } from "./use-bands";

/** A point of the drawing: on the curve `y0`, `y1` … or on the band `band0`, `band1` … of a class. */
export type CurvePoint<Row> = Partial<Row> & {
  x: number;
  [key: `y${number}`]: number;
  [key: `band${number}`]: [number, number];
};

/** Points closer than this in both directions are one point on the screen. */
const VISIBLE = 0.002;

/**
 * Leaves out points that nobody can tell from the one before them; the first and the last stay.
 * Otherwise a curve of ten thousand images would slow the page down.
 */
export function visiblePoints<Point extends { x: number; y: number }>(points: readonly Point[]): Point[] {
  const kept: Point[] = [];
  points.forEach((point, i) => {
    const before = kept.at(-1);
    const isFar = !before || Math.max(Math.abs(point.x - before.x), Math.abs(point.y - before.y)) >= VISIBLE;
    if (isFar || i === points.length - 1) kept.push(point);
  });
  return kept;
}

/** The bands first, then the curves, each in the order of drawing. */
export function curveData<Row extends object>(
  curves: readonly { row: Row; x: number; y: number }[][],
  bands: readonly CurveBand[],
): CurvePoint<Row>[] {
  const areas = bands.flatMap(({ index, points }) =>
    points.map(({ x, low, high }) => ({ x, [`band${index}`]: [low, high] }) as CurvePoint<Row>),
  );
  const lines = curves.flatMap((points, index) =>
    visiblePoints(points).map(({ row, x, y }) => ({ ...row, x, [`y${index}`]: y }) as CurvePoint<Row>),
  );
  return [...areas, ...lines];
}

/** The bands and lines of all classes, for a ComposedChart. */
export function curveLines(classes: readonly { name: string }[], bands: readonly CurveBand[]) {
  return [
    ...bands.map(({ index }) => (
      <Area
        key={`band${index}`}
        dataKey={`band${index}`}
        type="linear"
        stroke="none"
        fill={seriesColour(index)}
        fillOpacity={0.16}
        isAnimationActive={false}
        activeDot={false}
      />
    )),
    ...classes.map(({ name }, index) => (
      <Line
        key={name}
        dataKey={`y${index}`}
        type="linear"
        stroke={seriesColour(index)}
        strokeWidth={2}
        dot={false}
        isAnimationActive={false}
      />
    )),
  ];
}
