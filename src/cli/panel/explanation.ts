import type { DifferenceView } from '../../api/difference-view.ts';
import type { RolloutView } from '../../api/view-schemas.ts';
import { formatCount, formatShare } from '../../parity/figures.ts';
import { clean, padTo, wrap } from '../text.ts';
import { differencesOf, nameDifference } from './difference-text.ts';

const LEAST_WIDTH = 48;
const LABEL = 14;
const INDENT = 4;

/** Everything that a verdict rests on, in words: its sentence, what each check says, and each difference with its examples. */
export function renderExplanation(view: RolloutView, columns: number): string {
  const width = Math.max(LEAST_WIDTH, columns);
  const { route, stable, canary, stage, canaryWeight, verdict } = view;
  const heading = `${route}: ${stable.version} -> ${canary.version}, ${stage} at ${canaryWeight}`;
  if (!verdict) return clean(`${heading}: nothing was judged yet`);
  const longest = Math.max(...verdict.findings.map(({ check }) => clean(check).length), LABEL - 2) + 2;
  const said = verdict.findings.flatMap(({ check, says }) => labelled(clean(check), clean(says), longest, width));
  const differences = differencesOf(view);
  return [
    ...wrap(clean(heading), width),
    ...wrap(clean(`${verdict.name}: ${verdict.reason}`), width),
    ...(said.length === 0 ? [] : ['', ...said]),
    ...differences.flatMap((one, at) => ['', ...differenceLines(one, at + 1, width)]),
    ...asides(view, differences).flatMap((line) => ['', ...wrap(line, width)]),
  ].join('\n');
}

function differenceLines(one: DifferenceView, number: number, width: number): readonly string[] {
  const { effect, firstSeen, consumers, examples, says } = one;
  const line = (label: string, text: string) =>
    labelled(label, clean(text), LABEL, width - INDENT).map((part) => ' '.repeat(INDENT) + part);
  return [
    ...labelled(`${number}.`, `${nameDifference(one)} (${effect})`, INDENT, width),
    ...line('', says),
    ...line('canary', rate(one.canary)),
    ...line('stable', rate(one.stable)),
    ...(firstSeen === null ? [] : line('first seen', `${firstSeen.slice(0, 10)} ${firstSeen.slice(11, 19)} UTC`)),
    ...(consumers.length === 0 ? [] : line('consumers', consumers.join(', '))),
    ...examples.flatMap(({ track, text }) => line(`${track} said`, text)),
  ];
}

/** `0 of 412: 0 %, between 0 % and 1.2 %` */
function rate({ count, of, share, bounds }: DifferenceView['canary']): string {
  const seen = `${formatCount(count)} of ${formatCount(of)}`;
  if (share === null) return seen;
  if (bounds === null) return `${seen}: ${formatShare(share)}`;
  const { low, high } = bounds;
  const range = high === null ? `at least ${formatShare(low)}` : `between ${formatShare(low)} and ${formatShare(high)}`;
  return `${seen}: ${formatShare(share)}, ${range}`;
}

function asides({ verdict }: RolloutView, differences: readonly DifferenceView[]): readonly string[] {
  if (differences.length === 0) {
    const compares = verdict?.findings.some((finding) => finding.differences !== undefined) ?? false;
    return compares ? ['no difference is shown between what the versions answer and log'] : [];
  }
  const isSeen = differences.some(({ consumers, examples }) => consumers.length + examples.length > 0);
  return isSeen ? [] : ['consumers and examples are asked for once the verdict holds or blames the canary'];
}

/** The label once, and the text beside it on as many lines as it takes. */
function labelled(label: string, text: string, size: number, width: number): readonly string[] {
  return wrap(text, Math.max(LEAST_WIDTH - LABEL - INDENT, width - size)).map(
    (part, at) => padTo(at === 0 ? label : '', size) + part,
  );
}
