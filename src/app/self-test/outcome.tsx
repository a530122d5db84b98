/**
 * What a self-test found: one sentence, the failures, then every operator and method with its
 * largest error.
 */
import { Button, CopyButton } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconCircleCheck, IconCopy } from "@tabler/icons-react";
import { errorText, failures, groups, summarise } from "../../engine/selftest/summary";
import type { SelfTestReport } from "../../runner/self-test-report";
import { methodMeta } from "../state/methods";
import { dateTime, duration, plural } from "../ui/format";
import { Panel } from "../ui/panel";
import { ScrollX } from "../ui/scroll-x";

function CopyReport({ report }: { report: SelfTestReport }) {
  return (
    <CopyButton value={JSON.stringify(report, null, 2)}>
      {({ copied, copy }) => (
        <Button
          leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          onClick={copy}
        >
          {copied ? "Copied" : "Copy report"}
        </Button>
      )}
    </CopyButton>
  );
}

function Verdict({ report }: { report: SelfTestReport }) {
  const { failed, sentence } = summarise(report.rows);
  return (
    <section className={`self-test-verdict ${failed > 0 ? "failed" : "passed"}`} aria-label="Result of the self-test">
      {failed > 0 ? <IconAlertTriangle size={22} aria-hidden /> : <IconCircleCheck size={22} aria-hidden />}
      <div className="grow stack tight">
        <p className="sentence">{sentence}</p>
        <p className="dim small">
          {dateTime(report.date)} · Radapt {report.radapt} · {report.device.label} · {duration(report.ms)}
        </p>
      </div>
      <CopyReport report={report} />
    </section>
  );
}

function Failures({ rows }: Pick<SelfTestReport, "rows">) {
  const failed = failures(rows);
  if (failed.length === 0) return null;
  return (
    <Panel title="Failed checks" note={plural(failed.length, "check")} flush>
      <ScrollX label="Failed checks">
        <table className="data-table" aria-label="Failed checks">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Check</th>
              <th scope="col">Case</th>
              <th scope="col" className="num">
                Error
              </th>
              <th scope="col" className="num">
                Allowed
              </th>
              <th scope="col">Worst element</th>
            </tr>
          </thead>
          <tbody>
            {failed.map((row) => (
              <tr key={`${row.what} ${row.name} ${row.case}`}>
                <th scope="row">{checkedLabel(row.name)}</th>
                <td>{checkGroups[row.what].one}</td>
                <td className="mono">{row.case}</td>
                <td className="num bad">{row.verdict === "error" ? "not computed" : errorText(row.error)}</td>
                <td className="num">{errorText(row.tolerance)}</td>
                <td className="dim small">{row.message?.split("\n")[0]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
    </Panel>
  );
}

/** The label of a method, or the name of an operator. */
const checkedLabel = (name: string) => methodMeta(name)?.label ?? name;

const checkGroups = {
  method: {
    one: "method",
    title: "Fine-tuning methods",
    against: "logits, losses and trained values, against PyTorch",
  },
  op: { one: "operator", title: "Operators", against: "results, against the CPU reference" },
  gradient: {
    one: "gradient",
    title: "Gradients",
    against: "of operators against the CPU reference, of methods against PyTorch",
  },
};

function CheckGroupTable({ rows, what }: Pick<SelfTestReport, "rows"> & { what: keyof typeof checkGroups }) {
  const own = groups(rows).filter((g) => g.what === what);
  const { title, against } = checkGroups[what];
  return (
    <Panel title={title} note={`${plural(rows.filter((r) => r.what === what).length, "check")}: ${against}`} flush>
      <ScrollX label={title}>
        <table className="data-table" aria-label={title}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" className="num">
                Checks
              </th>
              <th scope="col" className="num">
                Largest error
              </th>
              <th scope="col" className="num">
                Allowed
              </th>
            </tr>
          </thead>
          <tbody>
            {own.map((g) => (
              <tr key={g.name}>
                <th scope="row">{checkedLabel(g.name)}</th>
                <td className={g.failed > 0 ? "num bad" : "num"}>
                  {g.failed > 0 ? `${g.failed} of ${g.count} failed` : g.count}
                </td>
                <td className="num">{errorText(g.largestError)}</td>
                <td className="num">{errorText(g.tolerance)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
    </Panel>
  );
}

export function SelfTestOutcome({ report }: { report: SelfTestReport }) {
  return (
    <>
      <Verdict report={report} />
      <Failures rows={report.rows} />
      <CheckGroupTable rows={report.rows} what="method" />
      <div className="columns even">
        <CheckGroupTable rows={report.rows} what="op" />
        <CheckGroupTable rows={report.rows} what="gradient" />
      </div>
    </>
  );
}
