/** The tools of a chart: show its rows as a table, save the rows or the drawing as a file. */
import { ActionIcon, Menu } from "@mantine/core";
import { IconDownload, IconTable } from "@tabler/icons-react";
import { attempt } from "../state/notices";
import { type ChartRow, pngBlob, rowsCsv, saveBlob, svgText } from "./save";

interface ChartToolsProps {
  title: string;
  rows: readonly ChartRow[];
  asTable: boolean;
  onToggleTable: () => void;
  /** The drawing on the screen; null while the table replaces it. */
  drawing: () => SVGSVGElement | null;
}

export function ChartTools({ title, rows, asTable, onToggleTable, drawing }: ChartToolsProps) {
  const name = title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const saveCsv = () => saveBlob(new Blob([rowsCsv(rows)], { type: "text/csv" }), `${name}.csv`);
  const saveSvg = () => {
    const svg = drawing();
    if (svg) saveBlob(new Blob([svgText(svg)], { type: "image/svg+xml" }), `${name}.svg`);
  };
  const savePng = async () => {
    const svg = drawing();
    if (svg) saveBlob(await pngBlob(svg), `${name}.png`);
  };
  return (
    <div className="row chart-tools">
      <ActionIcon
        aria-label={asTable ? `Draw ${title}` : `Show ${title} as a table`}
        aria-pressed={asTable}
        onClick={onToggleTable}
      >
        <IconTable size={15} />
      </ActionIcon>
      <Menu position="bottom-end" shadow="sm">
        <Menu.Target>
          <ActionIcon aria-label={`Save ${title}`}>
            <IconDownload size={15} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={saveCsv}>Data as CSV</Menu.Item>
          <Menu.Item disabled={asTable} onClick={saveSvg}>
            Drawing as SVG
          </Menu.Item>
          <Menu.Item disabled={asTable} onClick={() => attempt(savePng)}>
            Drawing as PNG
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
