/** The table of judged pairs: difference, interval, p-values, and what it means in practice. */
import { type ComparedGroups, type PairFigures, pairFigures, shareText } from "../../bench/comparisons";
import type { Metric } from "../../bench/metric";
import { regimeCost } from "../../bench/regime";
import { metricText } from "../ui/format";
import { ScrollX } from "../ui/scroll-x";

const signed = (value: number) => (value > 0 ? `+${metricText(value)}` : metricText(value));
const pText = (p: number) => (p < 0.001 ? "< 0.001" : metricText(p));

function PairTableRow({ pair, severalData }: { pair: PairFigures; severalData: boolean }) {
  const { a, b, data, difference, low, high, p, adjustedP, better, equal, worse, parts } = pair;
  return (
    <tr>
      <th scope="row">
        {a} <span className="dim">against</span> {b}
      </th>
      {severalData && <td>{data}</td>}
      <td className="num">
        <span className="value">{signed(difference)}</span>
        <span className="interval">{Number.isFinite(low) ? `${signed(low)} to ${signed(high)}` : "no interval"}</span>
      </td>
      <td className="num">{pText(p)}</td>
      <td className="num">{pText(adjustedP)}</td>
      <td className="num">{shareText(better)}</td>
      <td className="num">{shareText(equal)}</td>
      <td className="num">{shareText(worse)}</td>
      <td className="num">{parts}</td>
    </tr>
  );
}

interface PairTableProps {
  compared: readonly ComparedGroups[];
  metric: Metric;
  /** What the test parts are called, e.g. "folds". */
  nouns: string;
}

/** Shows the pairs of every amount of data whose runs are all there. */
export function PairTable({ compared, metric, nouns }: PairTableProps) {
  const complete = compared.filter(({ progress, groups }) => progress.missing === 0 && groups.length > 1);
  const byCost = [...complete].sort((a, b) => regimeCost(b.regime) - regimeCost(a.regime) || 0);
  const pairs = byCost.flatMap(pairFigures);
  if (pairs.length === 0) return null;
  const severalData = new Set(pairs.map(({ data }) => data)).size > 1;
  const region = complete[0].equivalence;
  return (
    <details className="disclosure ruled-bottom" data-testid="pairs">
      <summary>{pairs.length === 1 ? "The pair in figures" : `All ${pairs.length} pairs in figures`}</summary>
      <ScrollX label="Pairs">
        <table className="data-table comparison" aria-label="Pairs of methods">
          <thead>
            <tr>
              <th scope="col">Pair</th>
              {severalData && <th scope="col">Training data</th>}
              <th scope="col" className="num">
                {metric.label}, difference
                <div className="interval">95 % interval</div>
              </th>
              <th scope="col" className="num">
                p
              </th>
              <th scope="col" className="num">
                p adjusted
              </th>
              <th scope="col" className="num">
                Better
              </th>
              <th scope="col" className="num">
                Within ±{region}
              </th>
              <th scope="col" className="num">
                Worse
              </th>
              <th scope="col" className="num">
                Shared {nouns}
              </th>
            </tr>
          </thead>
          <tbody>
            {pairs.map((pair) => (
              <PairTableRow
                key={`${pair.dataset}/${pair.data}/${pair.a}/${pair.b}`}
                pair={pair}
                severalData={severalData}
              />
            ))}
          </tbody>
        </table>
      </ScrollX>
      <p className="dim small">
        The first method's value minus the second's, on the same test images. The adjusted p (Holm) decides; intervals
        and probabilities are those of each pair alone: that the first method is better by more than {region}, that the
        two are practically equal, and that it is worse by more than {region} (Bayesian correlated t-test, Corani and
        Benavoli 2015).
      </p>
    </details>
  );
}
