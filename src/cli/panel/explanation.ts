import type { RolloutView } from '../../api/view-schemas.ts';
import type { DifferenceView } from '../../api/views/difference-view.ts';
import { isOfLogs } from '../../parity/differences/difference.ts';
import { formatCount, formatShare } from '../../parity/figures.ts';
import { clean, padTo, wrap } from '../text.ts';
import { differencesOf, nameDifference } from './difference-text.ts';

const LEAST_WIDTH = 48;
const LABEL = 14;
const INDENT = 4;
/** Of the longest of what is told of a declared difference, `seen and not declared`, and of what is between. */
const DECLARED = 23;

const KEEPS = {
  refuses: 'takes the rollout back',
  holds: 'holds it until a person advances it',
  waits: 'waits',
  tells: 'not in the way',
} as const;

/** Everything that a verdict rests on, in words: its sentence, what each check says, and each difference with its examples. */
export function renderExplanation(view: RolloutView, columns: number): string {
  const width = Math.max(LEAST_WIDTH, columns);
  const { route, stable, canary, stage, canaryWeight, verdict } = view;
  const heading = `${route}: ${stable.version} -> ${canary.version}, ${stage} at ${canaryWeight}`;
  const declared = declaredLines(view.declared, width);
  if (!verdict) return [clean(`${heading}: nothing was judged yet`), ...declared].join('\n');
  const { findings, reservations = [] } = verdict;
  const sayings = [
    ...findings.map(({ check, says }) => ({ check, text: says })),
    ...reservations.map(({ check, kind, reason }) => ({ check, text: `internal phase, ${KEEPS[kind]}: ${reason}` })),
  ];
  const longest = Math.max(...sayings.map(({ check }) => clean(check).length), LABEL - 2) + 2;
  const said = sayings.flatMap(({ check, text }) => labelled(clean(check), clean(text), longest, width));
  const differences = differencesOf(view);
  return [
    ...wrap(clean(heading), width),
    ...wrap(clean(`${verdict.name}: ${verdict.reason}`), width),
    ...(said.length === 0 ? [] : ['', ...said]),
    ...differences.flatMap((one, at) => ['', ...differenceLines(one, at + 1, width)]),
    ...asides(view, differences).flatMap((line) => ['', ...wrap(line, width)]),
    ...declared,
  ].join('\n');
}

function differenceLines(one: DifferenceView, number: number, width: number): readonly string[] {
  const { effect, firstSeen, examples, says } = one;
  const line = (label: string, text: string) =>
    labelled(label, clean(text), LABEL, width - INDENT).map((part) => ' '.repeat(INDENT) + part);
  return [
    ...labelled(`${number}.`, `${nameDifference(one)} (${effect})`, INDENT, width),
    ...line('', says),
    ...line('canary', rate(one.canary)),
    ...line('stable', rate(one.stable)),
    ...(firstSeen === null ? [] : line('first seen', `${firstSeen.slice(0, 10)} ${firstSeen.slice(11, 19)} UTC`)),
    ...consumersOf(one).flatMap((text) => line('consumers', text)),
    ...examples.flatMap(({ track, text }) => line(`${track} said`, text)),
  ];
}

function consumersOf({ kind, consumers }: DifferenceView): readonly string[] {
  if (isOfLogs(kind)) return ['unknown: log lines do not say whose request it was'];
  return consumers.length === 0 ? [] : [consumers.join(', ')];
}

/** What the OpenAPI documents of both versions say beside what was seen: the sums, then each difference. */
function declaredLines(declared: RolloutView['declared'], width: number): readonly string[] {
  if (declared === null) return [];
  const { says, differences } = declared;
  const each = differences.flatMap((one) =>
    labelled(
      one.told.replaceAll('-', ' '),
      clean(`${one.says.startsWith(one.place) ? '' : `${one.place}: `}${one.says} (${one.effect})`),
      DECLARED,
      width - INDENT,
    ).map((line) => ' '.repeat(INDENT) + line),
  );
  return ['', ...wrap(clean(`OpenAPI: ${says}`), width), ...each];
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
  if (differences.some(({ consumers, examples }) => consumers.length + examples.length > 0)) return [];
  const what = differences.every(({ kind }) => isOfLogs(kind)) ? 'no example' : 'no consumer and no example';
  return [`${what} is known of these: Serin remembers them until it restarts`];
}

/** The label once, and the text beside it on as many lines as it takes. */
function labelled(label: string, text: string, size: number, width: number): readonly string[] {
  return wrap(text, Math.max(LEAST_WIDTH - LABEL - INDENT, width - size)).map(
    (part, at) => padTo(at === 0 ? label : '', size) + part,
  );
}
