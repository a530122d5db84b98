/** The declaration of a chart, and the function that turns it into a figure for the screens. */
import type { ReactElement } from "react";
import { ChartFrame, type LegendItem } from "./chart-frame";
import type { ChartInputs, ChartPlace } from "./inputs";
import type { ChartRow } from "./save";

/**
 * A registered chart. Its figure has a title, a caption, tools, and the drawing or the reason why
 * there is none.
 */
export interface Chart<Place extends ChartPlace, Row extends ChartRow = ChartRow> {
  /** Unique among all charts. */
  id: string;
  place: Place;
  /** True if the chart can be drawn. Otherwise a sentence that tells the reader why it cannot. */
  needs: (input: ChartInputs[Place]) => true | string;
  /**
   * The data of the drawing as flat rows. The tools of the chart export the same rows and show them
   * as a table.
   */
  rows: (input: ChartInputs[Place]) => Row[];
  /** Renders the figure, with the chart's id as its key. */
  figure: (input: ChartInputs[Place]) => ReactElement;
}

interface ChartDeclaration<Place extends ChartPlace, Row extends ChartRow> extends Omit<Chart<Place, Row>, "figure"> {
  title: (input: ChartInputs[Place]) => string;
  caption: (input: ChartInputs[Place]) => string;
  legend?: (input: ChartInputs[Place]) => LegendItem[];
  /** Height of the drawing, px; 260 by default. */
  height?: (input: ChartInputs[Place]) => number;
  /**
   * True if the drawing is itself a table. Such a chart has no tools that show or save it in
   * another form.
   */
  isTable?: boolean;
  /** Draws the rows; mounted only if `needs` is met. */
  Drawing: (props: { input: ChartInputs[Place]; rows: readonly Row[] }) => ReactElement;
}

export function defineChart<Place extends ChartPlace, Row extends ChartRow>(
  declaration: ChartDeclaration<Place, Row>,
): Chart<Place, Row> {
  const { id, place, needs, rows: rowsOf, title, caption, legend, height, isTable, Drawing } = declaration;
  function figure(input: ChartInputs[Place]) {
    const met = needs(input);
    const rows = met === true ? rowsOf(input) : [];
    return (
      <ChartFrame
        key={id}
        title={title(input)}
        caption={caption(input)}
        rows={rows}
        legend={legend?.(input)}
        height={height?.(input)}
        isTable={isTable}
        reason={met === true ? null : met}
      >
        <Drawing input={input} rows={rows} />
      </ChartFrame>
    );
  }
  return { id, place, needs, rows: rowsOf, figure };
}
