import type { ReportView } from '../../api/report/report-schema.ts';
import { formatAbout, formatCount, formatShare } from '../../parity/figures.ts';
import { counted } from '../../policy/counted.ts';
import { clean, padTo, wrap } from '../text.ts';

const LEAST_WIDTH = 48;
const INDENT = '  ';
/** `2026-11-29 13:09:20`, and two spaces. */
const TIME = 21;
const LEAST_TOLD = 20;
const LARGEST_LOG = Math.log(1e9);

/** A report as text, in lines of at most `columns`. */
export function renderReport(view: ReportView, columns: number): string {
  const width = Math.max(LEAST_WIDTH, columns);
  const { id, route } = view.rollout;
  const parts = [
    [...folded(view.title, width), `rollout ${id} of ${clean(route)}`],
    folded(view.lead, width),
    figureLines(view, width),
    section('What happened (UTC)', happenedLines(view, width)),
    section('Where', whereLines(view, width)),
    section('The evidence', trailLines(view, width)),
    section(checksHeading(view), checkLines(view, width)),
    section('What was promised', promisedLines(view, width)),
    section('Messages', indented(messagesSay(view), width)),
    section(
      'Check it yourself',
      view.verify.flatMap((one) => verifyLines(one, width)),
    ),
    folded(view.says, width),
  ];
  return parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n');
}

function section(heading: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [heading, ...lines];
}

function indented(text: string, width: number): readonly string[] {
  return folded(text, width - INDENT.length).map((line) => INDENT + line);
}

function figureLines({ numbers }: ReportView, width: number): readonly string[] {
  const { harmed, firstSign, requests, duration } = numbers;
  return [harmed, firstSign, requests, duration].flatMap((one) => (one === null ? [] : indented(one.says, width)));
}

function happenedLines({ happened }: ReportView, width: number): readonly string[] {
  return happened.flatMap(({ at, title, says, by, seq }) => {
    const who = by === null ? says : `${by.name}: ${says}`;
    const entry = seq === null ? '' : ` (entry ${formatCount(seq)})`;
    const time = `${at.slice(0, 10)} ${at.slice(11, 19)}`;
    return beside(time, [`${title}${entry}`, who], TIME, width);
  });
}

function whereLines({ verdict }: ReportView, width: number): readonly string[] {
  const where = verdict?.where;
  if (!where) return [];
  const slices = where.slices.flatMap(({ dimension, name, canary, stable, requests, part }) => {
    const named = dimension === 'endpoint' ? name : `${dimension} ${name}`;
    const of = `${formatCount(requests.canary)} and ${formatCount(requests.stable)} requests`;
    return indented(
      `${named}: ${formatShare(canary)} against ${formatShare(stable)}, ${of}, ${Math.round(part * 100)} % of the difference`,
      width,
    );
  });
  return [...slices, ...indented(where.says, width)];
}

function trailLines({ trail }: ReportView, width: number): readonly string[] {
  if (trail === null) {
    return indented('No trail: no look left a row, or it ended more than a year ago, when trails are deleted.', width);
  }
  const rows = counted(trail.at.length, 'row');
  const highest = trail.logHarm.reduce<number | null>(
    (most, log) => (log === null ? most : Math.max(log, most ?? log)),
    null,
  );
  if (highest === null) return indented(`${rows} of looks, and no evidence of harm was measured.`, width);
  const at = new Date(trail.at[trail.logHarm.indexOf(highest)] ?? 0).toISOString().slice(11, 19);
  const most =
    highest > 0 ? `the most evidence of harm was ${timesOf(highest)}, at ${at}` : 'there was never evidence of harm';
  return indented(`${rows} of looks; ${most}.`, width);
}

/** An e-value from its logarithm: `x1,900`. */
function timesOf(log: number): string {
  return log > LARGEST_LOG ? 'more than x1,000,000,000' : `x${formatAbout(Math.exp(log))}`;
}

function checksHeading({ judged }: ReportView): string {
  switch (judged?.at) {
    case 'end':
      return `Checks at the end, in ${judged.stage}`;
    case 'step':
      return `Checks of the last step that was passed, ${judged.stage}`;
    default:
      return 'Checks at the last look';
  }
}

function checkLines({ verdict }: ReportView, width: number): readonly string[] {
  if (verdict === null) return [];
  const { name, reason, findings } = verdict;
  const longest = Math.max(...findings.map(({ check }) => clean(check).length), 0) + 2;
  const size = Math.min(longest, width - INDENT.length - LEAST_TOLD);
  return [
    ...indented(`${name}: ${reason}`, width),
    ...findings.flatMap(({ check, says }) =>
      beside(clean(check), [says], size, width - INDENT.length).map((line) => INDENT + line),
    ),
  ];
}

function promisedLines({ policy }: ReportView, width: number): readonly string[] {
  return [`Policy ${policy.name}`, policy.digest, ...policy.promised].flatMap((one) => indented(one, width));
}

function messagesSay({ messages }: ReportView): string {
  const taken = messages.filter(({ deliveredAt }) => deliveredAt !== null).length;
  const refused = messages.filter(({ rejectedAt }) => rejectedAt !== null).length;
  const waiting = messages.length - taken - refused;
  return `${counted(messages.length, 'message')}: ${taken} taken, ${refused} refused, ${waiting} waiting.`;
}

function verifyLines({ command, says }: ReportView['verify'][number], width: number): readonly string[] {
  // A command that is cut does not run.
  return [`${INDENT}${clean(command)}`, ...indented(says, width - INDENT.length).map((line) => INDENT + line)];
}

/** The label once, and the texts beside it, each on as many lines as it takes. */
function beside(label: string, texts: readonly string[], size: number, width: number): readonly string[] {
  const lines = texts.flatMap((text) => folded(text, Math.max(LEAST_TOLD, width - size)));
  return lines.map((line, at) => padTo(at === 0 ? label : '', size) + line);
}

/** In lines that keep a number and its unit together. */
function folded(text: string, width: number): readonly string[] {
  const glued = clean(text).replaceAll(/(?<=\d) (?=(?:%|pp|ms|s|min|h|d)(?!\w))/g, '\u00a0');
  return wrap(glued, width).map((line) => line.replaceAll('\u00a0', ' '));
}
