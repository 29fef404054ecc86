import type { Machine } from '../gateway/machine.ts';
import type { Load, Turn } from './beside.ts';
import type { Reading } from './reading.ts';

export interface LogsReport {
  readonly command: string;
  readonly date: string;
  readonly machine: Omit<Machine, 'stolen'>;
  readonly reading: readonly Reading[];
  readonly load: Load;
  readonly turns: readonly Turn[];
}

export function markdown({ command, date, machine, reading, load, turns }: LogsReport): string {
  const forms = [...new Set(turns.map(({ logs }) => logs))];
  return `${[
    '# What reading logs costs',
    '',
    `Made by \`${command}\` on ${date} (${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, load average ` +
      `${machine.loadBefore.toFixed(1)} before).`,
    'Batches of 1,000 lines with nine fields each, half of either version (`test/bench/logs/batches.ts`).',
    '',
    '## How fast lines are read',
    '',
    'All that the thread of logs does with a batch, by its CPU time, the best of the rounds. `unwatched`: no rollout of the route is judged by logs, so',
    'that lines are only counted. Serin gives the thread a quarter of a core in the long run: what comes beyond it is answered 429.',
    '',
    '| form | bytes a line | lines/s | lines/s in a quarter of a core | unwatched, lines/s |',
    '| --- | --- | --- | --- | --- |',
    ...reading.map(({ name, bytesPerLine, judged, unwatched }) =>
      row([name, grouped(bytesPerLine), grouped(judged), grouped(judged / 4), grouped(unwatched)]),
    ),
    '',
    '## What that costs the requests',
    '',
    `A real \`serin serve\` with a rollout that is judged by logs, ${grouped(load.requestsPerSecond)} requests/s through its gateway, and in every other turn`,
    `${grouped(load.linesPerSecond)} lines/s to its control port; ${turns.length} turns of ${load.turnMs / 1_000} s, medians. The thread that serves requests takes the bytes of`,
    'a batch in and hands them over; the others read the lines, and collect garbage. CPU is a share of one core.',
    '',
    '| logs | CPU of the thread that serves | of the others | p50, ms | p99, ms | lines counted | batches refused |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...forms.map((form) => {
      const own = turns.filter(({ logs }) => logs === form);
      const of = (pick: (turn: Turn) => number) => median(own.map(pick));
      return row([
        form,
        percent(of(({ serving }) => serving)),
        percent(of(({ others }) => others)),
        of(({ p50Ms }) => p50Ms).toFixed(1),
        of(({ p99Ms }) => p99Ms).toFixed(1),
        grouped(sumOf(own.map(({ counted }) => counted))),
        grouped(sumOf(own.map(({ refused }) => refused))),
      ]);
    }),
    '',
    ...forms.filter((form) => form !== 'none').map((form) => costOf(form, turns)),
  ].join('\n')}\n`;
}

// Each turn against the one without lines just before it: whatever else the machine does changes slowly.
function costOf(form: string, turns: readonly Turn[]): string {
  const pairs = turns.flatMap((turn, at) => {
    const before = turns[at - 1];
    return turn.logs === form && before?.logs === 'none' ? [{ turn, before }] : [];
  });
  const share = median(pairs.map(({ turn, before }) => turn.serving / before.serving - 1));
  const p99 = median(pairs.map(({ turn, before }) => turn.p99Ms / before.p99Ms - 1));
  const signed = (value: number) => `${value < 0 ? '' : '+'}${percent(value)}`;
  return `- ${form} beside none, in pairs: CPU of the thread that serves ${signed(share)}, p99 ${signed(p99)}.`;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function grouped(count: number): string {
  return Math.round(count).toLocaleString('en');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
