import { EvidenceBar } from '../../../drawings/evidence-bar.tsx';
import { IntervalDrawing } from '../../../drawings/interval.tsx';
import { intervalScale } from '../../../drawings/interval-scale.ts';
import { Glyph } from '../../../glyph.tsx';
import { VersionHeads } from '../../../version-heads.tsx';
import type { FindingView, VerdictView } from '../../../views.ts';
import { grouped, measure, times } from '../../../words/figures.ts';
import { legible, said } from '../../../words/said.ts';
import { checkLabel, harmThresholdOf, marginDoes, parityOf, partOfWay, worstFirst } from './check-evidence.ts';
import { CheckLegend } from './check-legend.tsx';

interface CheckTableProps {
  readonly verdict: VerdictView;
  readonly skipped: readonly string[];
}

/** Every check, the worst first: both figures, their intervals against the margins, the evidence of harm and of parity. */
export function CheckTable({ verdict, skipped }: CheckTableProps) {
  const findings = worstFirst(verdict);
  return (
    <div class="checks-room">
      <table class="checks">
        <thead>
          <tr>
            <th scope="col">check</th>
            <VersionHeads />
            <th scope="col">95 % confidence sequences and margins</th>
            <th scope="col">evidence of harm</th>
            <th scope="col">parity, canary requests</th>
          </tr>
        </thead>
        <tbody>
          {findings.map((finding) => (
            <CheckRow key={finding.check} finding={finding} verdict={verdict} />
          ))}
          {skipped
            .filter((name) => !findings.some(({ check }) => check === name))
            .map((check) => (
              <tr key={check} class="off nofig">
                <th scope="row">{legible(checkLabel({ check }))}</th>
                <td class="ev" colSpan={5}>
                  skipped by a person: it takes no part in the verdict
                </td>
              </tr>
            ))}
        </tbody>
      </table>
      {findings.some((finding) => intervalScale(finding, 1) !== null) && <CheckLegend />}
      <details class="sayings noprint">
        <summary>What each check says</summary>
        <dl>
          {findings.map(({ check, says, counted, requests }) => (
            <div key={check}>
              <dt>
                <code>{legible(check)}</code>
              </dt>
              <dd>
                {said(says)}
                {counted !== undefined &&
                  ` (${grouped(requests.canary)} of the canary and ${grouped(requests.stable)} of the stable ${said(counted)})`}
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </div>
  );
}

function CheckRow({ finding, verdict }: { readonly finding: FindingView; readonly verdict: VerdictView }) {
  const { check, canary, stable, unit, says, dryRun } = finding;
  const show = (value: number | null) => approximate(finding, measure(value, unit));
  const isDrawn = intervalScale(finding, 1) !== null;
  const classes = [check === verdict.worst ? 'worst' : '', dryRun === true ? 'off' : '', isDrawn ? '' : 'nofig'];
  return (
    <tr class={classes.filter(Boolean).join(' ')}>
      <th scope="row">
        {said(checkLabel(finding))}
        {finding.in !== undefined && <div class="small soft">{said(finding.in)}</div>}
      </th>
      <td class="num c">{show(canary)}</td>
      <td class="num s">{show(stable)}</td>
      <td class="iv">
        {isDrawn ? (
          <IntervalDrawing finding={finding} does={marginDoes(finding, verdict)} />
        ) : (
          <span class="soft">{said(says)}</span>
        )}
      </td>
      <td class="ev h">
        <Harm finding={finding} verdict={verdict} />
      </td>
      <td class="ev p">
        <Parity finding={finding} />
      </td>
    </tr>
  );
}

function approximate({ figures }: FindingView, figure: string): string {
  return figures === 'interpolated' && figure !== '–' ? `≈${figure}` : figure;
}

function Harm({ finding, verdict }: { readonly finding: FindingView; readonly verdict: VerdictView }) {
  const { logHarm, dryRun } = finding;
  const threshold = harmThresholdOf(finding, verdict);
  if (threshold === null) {
    return <span class="soft">{dryRun === true && logHarm !== null && logHarm > 0 ? times(logHarm) : '–'}</span>;
  }
  const { log, does } = threshold;
  return (
    <span class="cellbar">
      <EvidenceBar part={partOfWay(logHarm, log)} of="harm" />
      <span title={`alone it ${does} at ${times(log)}`}>
        {logHarm === null || logHarm <= 0 ? 'none' : times(logHarm)}
        <span class="soft"> of {times(log)}</span>
      </span>
    </span>
  );
}

function Parity({ finding }: { readonly finding: FindingView }) {
  const { logParity, logParityThreshold, needsCanaryRequests } = finding;
  switch (parityOf(finding)) {
    case 'none':
      return <span class="soft">–</span>;
    case 'reports':
      return <span class="soft">reports only</span>;
    case 'shown':
      return (
        <span class="cellbar">
          <Glyph sign="check" label="" /> shown
        </span>
      );
    case 'open':
      return (
        <span class="cellbar">
          <EvidenceBar part={partOfWay(logParity, logParityThreshold ?? 0)} of="parity" />
          <span>{needsCanaryRequests === null ? 'open' : `${grouped(needsCanaryRequests)} more`}</span>
        </span>
      );
  }
}
