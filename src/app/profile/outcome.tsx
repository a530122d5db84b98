/**
 * What a profile found: the step as a whole, then its kernels and modules, beside plain matrix
 * products.
 */

import { totalBytes } from "../../engine/memory";
import { type DispatchGroup, longest } from "../../engine/profile/dispatch-groups";
import { reachedBy } from "../../runner/profile-report";
import type { ProfileReport } from "../../worker/protocol";
import { byteSize, percent, plural, significant } from "../ui/format";
import { Panel } from "../ui/panel";
import { ScrollX } from "../ui/scroll-x";

/** Maximum number of rows of a table. The last row stands for all others. */
const maxRows = 15;

function StepSummary({ report }: { report: ProfileReport & { backbone: string } }) {
  const { ms, flops, dispatches, best, memory, backbone, method, batch, size, device } = report;
  const reached = reachedBy(report);
  const figures: [string, string][] = [
    ["One step", `${significant(ms)} ms`],
    ["Work", `${significant(flops / 1e9)} GFLOP`],
    ["Rate", `${significant(reached)} GFLOP/s`],
    ["Of the best product", best > 0 ? percent(reached / best) : "–"],
    ["Passes", String(dispatches.length)],
    ["Memory", byteSize(totalBytes(memory))],
  ];
  return (
    <Panel title={`${method} on ${backbone}`} note={`${plural(batch, "image")} of ${size} px · ${device}`}>
      <dl className="figures" data-testid="profile-step">
        {figures.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

interface DispatchGroupTableProps {
  title: string;
  /** Heading of the first column. */
  head: string;
  groups: readonly DispatchGroup[];
  best: number;
}

function DispatchGroupTable({ title, head, groups, best }: DispatchGroupTableProps) {
  const all = groups.reduce((sum, g) => sum + g.us, 0);
  return (
    <Panel title={title} note={`${plural(groups.length, "group")}; best: the best matrix product below`} flush>
      <ScrollX label={title}>
        <table className="data-table" aria-label={title}>
          <thead>
            <tr>
              <th scope="col">{head}</th>
              {["ms", "Share", "Passes", "GFLOP/s", "GB/s", "Of best"].map((column) => (
                <th key={column} scope="col" className="num">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {longest(groups, maxRows).map(({ name, us, count, flops, bytes }) => (
              <tr key={name}>
                <th scope="row" className="kernel-name">
                  {name}
                </th>
                <td className="num">{significant(us / 1000)}</td>
                <td className="num">{all > 0 ? percent(us / all, 1) : "–"}</td>
                <td className="num">{count}</td>
                <td className="num">{significant(flops / us / 1000)}</td>
                <td className="num">{significant(bytes / us / 1000)}</td>
                <td className="num">{flops > 0 && best > 0 ? percent(flops / us / 1000 / best) : ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
    </Panel>
  );
}

function MatrixProductTable({ products }: Pick<ProfileReport, "products">) {
  const title = "Matrix products";
  return (
    <Panel title={title} note="what this adapter reaches by themselves" flush>
      <ScrollX label={title}>
        <table className="data-table" aria-label={title}>
          <thead>
            <tr>
              <th scope="col">Product</th>
              <th scope="col" className="num">
                GFLOP/s
              </th>
            </tr>
          </thead>
          <tbody>
            {products.map(({ product, gflops }) => (
              <tr key={product}>
                <th scope="row">{product}</th>
                <td className="num">{significant(gflops)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
    </Panel>
  );
}

export function ProfileOutcome({ report }: { report: ProfileReport & { backbone: string } }) {
  const { kernels, modules, products, best } = report;
  return (
    <>
      <StepSummary report={report} />
      <DispatchGroupTable title="By kernel" head="Operators" groups={kernels} best={best} />
      <DispatchGroupTable title="By module" head="Module" groups={modules} best={best} />
      <MatrixProductTable products={products} />
    </>
  );
}
