import type { Machine } from './machine.ts';
import { Results, type Spread, spreadOf } from './results.ts';
import { type Scale, type ScenarioId, scenarios } from './scenarios.ts';
import { type JudgedTarget, judge, unitOf } from './targets.ts';
import type { Participant, Tournament } from './tournament.ts';

export interface Report extends Omit<Tournament, 'results'> {
  /** The day of the run, YYYY-MM-DD. */
  readonly date: string;
  readonly machine: Omit<Machine, 'stolen'> & { readonly stolen: number };
  readonly scale: Scale;
  readonly hasAccessLog: boolean;
  readonly bestPeer: string | null;
  readonly targets: readonly JudgedTarget[];
  readonly rows: Results['rows'];
}

export interface ReportFacts {
  readonly date: string;
  readonly machine: Machine;
  readonly scale: Scale;
  readonly hasAccessLog: boolean;
}

export function reportOf({ results, ...tournament }: Tournament, { machine, ...facts }: ReportFacts): Report {
  const bestPeer = bestPeerOf(results, tournament.participants);
  return {
    ...tournament,
    ...facts,
    machine: { ...machine, stolen: machine.stolen() },
    bestPeer,
    targets: judge(results, bestPeer),
    rows: results.rows,
  };
}

/** The Node proxy that needs the least CPU time for the 1 KB GET. */
function bestPeerOf(results: Results, participants: readonly Participant[]): string | null {
  const rate = (name: string) => spreadOf(results.series('get-1k', name, 'perCpuSecond') ?? [])?.median ?? 0;
  const peers = participants.filter(({ family }) => family === 'peer').map(({ name }) => name);
  return peers.sort((a, b) => rate(b) - rate(a))[0] ?? null;
}

export function markdown(report: Report): string {
  const { participants, absent } = report;
  const versions = participants.filter(({ family }) => family !== 'none');
  return `${[
    '# The gateway against its peers',
    `Written by \`npm run bench:gateway\` on ${report.date}. Only ratios count: they were taken in one run, round by round, with the contenders interleaved (${report.scale.rounds} rounds of the 1 KB GET and one less of the others, each of ${report.scale.windowMs} ms after ${report.scale.warmUpMs} ms of warm-up). Where there are three figures they are min, **median**, max over the rounds, and it is the median that hits or misses a target; "quiet" is the ratio of the quartiles in which either side did best.`,
    machineText(report),
    '## Targets',
    table(
      ['what', 'target', 'measured', 'quiet', 'outcome'],
      report.targets.map(({ what, target, measured, unit, outcome }) => [
        what,
        target,
        measured ? `${spread(measured, 2)}${unitOf(unit)}` : '-',
        measured && 'quiet' in measured ? `${measured.quiet.toFixed(2)}${unitOf(unit)}` : '-',
        outcome,
      ]),
    ),
    `A rate is compared by requests for each second of the proxy's own CPU time, which is the rate of a full core: a proxy faster than the generator does not fill its core, and requests/s would flatter whoever it is compared with. Serin runs with ${features(report)}. The best Node peer is ${report.bestPeer ?? 'not known'}. Each memory figure is one reading, of a process that was started for it and had served 1 KB GETs for a while.`,
    ...againstBefore(report),
    ...sections(report),
    ...crossChecked(report),
    '## Contenders',
    table(
      ['name', 'version', 'what'],
      versions.map(({ name, version, about }) => [name, version, about]),
    ),
    ...(absent.length > 0 ? [`Absent: ${absent.map(({ name, why }) => `${name} (${why})`).join(', ')}.`] : []),
  ].join('\n\n')}\n`;
}

/** What each scenario costs against the checkout that `--against` named. */
function againstBefore(report: Report): string[] {
  const results = new Results(report.rows);
  const rows = scenarios(report.scale).flatMap(({ id, title }) =>
    ['fast', 'reference'].flatMap((path) => {
      const ratio = results.ratio(id, 'cpuUs', `serin-${path}-rollout`, `before-${path}-rollout`);
      return ratio ? [[title, path, spread(ratio, 2), ratio.quiet.toFixed(2)]] : [];
    }),
  );
  if (rows.length === 0) return [];
  return ['## CPU per request against the checkout before', table(['what', 'path', 'measured', 'quiet'], rows)];
}

function features({ hasAccessLog }: Report): string {
  const log = hasAccessLog ? ' and an access log' : '; this version has no access log';
  return `a consumer list, a sticky header, a force header, request ids, X-Forwarded-*${log}`;
}

function machineText({ machine, isPinned }: Report): string {
  const pinning = isPinned
    ? 'the proxy alone on one core, generator and upstream on another'
    : 'proxy, generator and upstream on the same cores';
  return `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, Linux ${machine.kernel}, Node ${machine.node}; ${pinning}. Load average before: ${machine.loadBefore.toFixed(1)}; stolen by the hypervisor: ${(machine.stolen * 100).toFixed(1)} %.`;
}

function sections(report: Report): string[] {
  const results = new Results(report.rows);
  return scenarios(report.scale).flatMap(({ id, title, rounds }) => {
    const rows = report.rows.filter(({ scenario }) => scenario === id);
    if (rows.length === 0) return [];
    const body = rounds === 'once' ? memoryTable(results, id) : trafficTable(results, id);
    return [`## ${title}`, body];
  });
}

function trafficTable(results: Results, id: ScenarioId): string {
  const rows = results.rows.filter(({ scenario }) => scenario === id);
  return table(
    [
      'contender',
      'requests/s',
      'CPU us per request',
      'CPU against nginx-log',
      'core busy',
      'p50 ms',
      'p99 ms',
      'MB',
      'errors',
    ],
    rows.map(({ contender, samples }) => [
      contender,
      figure(spreadOf(samples.map(({ requestsPerSecond }) => requestsPerSecond)), 0),
      ...(contender === 'direct'
        ? ['-', '-', '-']
        : [
            figure(spreadOf(samples.map(({ cpuUs }) => cpuUs)), 1),
            figure(results.ratio(id, 'cpuUs', contender, 'nginx-log'), 2),
            figure(spreadOf(samples.map(({ busy }) => busy)), 2),
          ]),
      figure(spreadOf(samples.map(({ p50Ms }) => p50Ms)), 2),
      figure(spreadOf(samples.map(({ p99Ms }) => p99Ms)), 2),
      contender === 'direct' ? '-' : figure(spreadOf(samples.map(({ residentMb }) => residentMb)), 0),
      String(samples.reduce((sum, { errors }) => sum + errors, 0)),
    ]),
  );
}

function memoryTable(results: Results, id: ScenarioId): string {
  const rows = results.rows.filter(({ scenario }) => scenario === id);
  return table(
    ['contender', 'KB each', 'MB in all'],
    rows.map(({ contender, samples }) => [
      contender,
      figure(spreadOf(samples.map(({ bytesEach }) => bytesEach && bytesEach / 1_024)), 1),
      figure(spreadOf(samples.map(({ residentMb }) => residentMb)), 0),
    ]),
  );
}

function crossChecked({ wrk }: Report): string[] {
  if (wrk.length === 0) return [];
  const rows = wrk.map(({ name, requestsPerSecond, cpuUs }) => [name, requestsPerSecond.toFixed(0), cpuUs.toFixed(1)]);
  return ['## The 1 KB GET by wrk, as a cross-check', table(['contender', 'requests/s', 'CPU us per request'], rows)];
}

const figure = (value: Spread | null, digits: number) => (value ? value.median.toFixed(digits) : '-');

const spread = ({ min, median, max }: Spread, digits: number) =>
  min === max
    ? `**${median.toFixed(digits)}**`
    : `${min.toFixed(digits)} **${median.toFixed(digits)}** ${max.toFixed(digits)}`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
