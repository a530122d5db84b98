/** The values of the outcome column with their counts, as bars. */

interface OutcomeValuesProps {
  values: { value: string; count: number }[];
  rows: number;
  positive: string;
}

export function OutcomeValues({ values, rows, positive }: OutcomeValuesProps) {
  const blank = rows - values.reduce((sum, v) => sum + v.count, 0);
  const most = Math.max(...values.map((v) => v.count));
  return (
    <table className="data-table balance">
      <caption>Rows per value of the outcome</caption>
      <tbody>
        {values.slice(0, 8).map((v) => (
          <tr key={v.value}>
            <th scope="row">
              {v.value} {v.value === positive && <span className="tag accent">positive</span>}
            </th>
            <td className="num">{v.count}</td>
            <td className="balance-bar">
              <span className="bar">
                <span style={{ width: `${(100 * v.count) / most}%` }} />
              </span>
            </td>
          </tr>
        ))}
        {values.length <= 8 && blank > 0 && (
          <tr>
            <th scope="row" className="dim">
              blank, left out
            </th>
            <td className="num">{blank}</td>
            <td />
          </tr>
        )}
        {values.length > 8 && (
          <tr>
            <td className="dim" colSpan={3}>
              and {values.length - 8} more: is this the column to predict?
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
