import type { Machine } from '../gateway/machine.ts';
import type { AlikeRuns, Needed, NeededRequests } from './alike-runs.ts';
import type { FoundFault } from './real-run.ts';

export interface AnswersReport {
  readonly date: string;
  readonly machine: Omit<Machine, 'stolen'>;
  readonly perSecond: number;
  readonly real: readonly FoundFault[];
  readonly virtual: readonly NeededRequests[];
  readonly alike: AlikeRuns;
}

const NOISE = [
  'times and trace ids in every answer',
  'lists in random order',
  'a note in 2 % of the orders',
  'fields that one user of ten gets',
  'error bodies in 0.1 % of the answers',
  'warnings and errors in the log of both',
].join(', ');

export function markdown({ date, machine, perSecond, real, virtual, alike }: AnswersReport): string {
  const found = real.filter(({ found: seen }) => seen !== null).length;
  return `${[
    '# Faults that no status code shows',
    '',
    `Made by \`npm run bench:answers\` on ${date} (${machine.cpu}, ${machine.cores} cores, Node ${machine.node}).`,
    'A toy service of orders has a stable and, for each row, one faulty version that answers 200 at the usual speed',
    '(`test/bench/answers/faults.ts`).',
    '',
    `## Through a real Serin: ${found} of ${real.length} found`,
    '',
    `One \`serin serve\` with a route for each fault, real services, ${perSecond} requests/s for each route, half of them for the canary; only the`,
    'check of the row is switched on. Requests are those that the check had seen when the fault was named in a verdict that blames or suspects.',
    '',
    '| fault | check | found | canary | stable | s | said |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...real.map(realRow),
    '',
    '## Requests needed',
    '',
    'The same in virtual time, where all but the sockets is real: readers, recorder, miner, comparison, templates, judge. 30 requests/s: a minute',
    'without traffic on the canary, in which one of five answers of the stable is mirrored where answers are compared, then half of the',
    'traffic. `compared`: answers, pairs or requests that the check had of the canary when it was blamed or held for the fault, the median and',
    'the extremes; `exposed`: requests of users that the canary had answered by then; `s`: since the start. Logs are compared by intervals of',
    'six blocks, so that time decides and not the number of requests.',
    '',
    '| fault | check | found | compared | exposed | s |',
    '| --- | --- | --- | --- | --- | --- |',
    ...virtual.map(virtualRow),
    '',
    `## Nothing wrong: ${alike.alarms.length} alarms in ${alike.runs} rollouts`,
    '',
    `Both versions are the same program with ${NOISE}. Every check above at once, 10 % and 50 %,`,
    `${grouped(alike.requests.stable)} answers of the stable and ${grouped(alike.requests.canary)} of the canary in all. An alarm is a verdict that blames, suspects or holds.`,
    ...(alike.alarms.length === 0
      ? [`None in ${alike.runs}: with 95 % confidence fewer than ${(300 / alike.runs).toFixed(1)} % of such rollouts.`]
      : alike.alarms.map((reason) => `- ${reason}`)),
  ].join('\n')}\n`;
}

function realRow({ fault, found, last }: FoundFault): string {
  const seen = found
    ? ['yes', grouped(found.requests.canary), grouped(found.requests.stable), (found.afterMs / 1_000).toFixed(0)]
    : ['**no**', '', '', ''];
  return row([fault.name, fault.seenBy, ...seen, (found?.reason ?? last).replaceAll('|', '\\|')]);
}

function virtualRow({ fault, seenBy, runs, found }: NeededRequests): string {
  const of = (key: keyof Needed, share: number): string => {
    const sorted = found.map((one) => one[key]).toSorted((one, other) => one - other);
    return sorted.length === 0 ? '' : grouped(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  };
  const compared = found.length === 0 ? '' : `${of('compared', 0.5)} (${of('compared', 0)} to ${of('compared', 1)})`;
  return row([fault, seenBy, `${found.length} of ${runs}`, compared, of('exposed', 0.5), of('seconds', 0.5)]);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function grouped(count: number): string {
  return Math.round(count).toLocaleString('en');
}
