import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { AuditView, RolloutView } from '../../../src/api/view-schemas.ts';
import { auditView, rolloutView } from '../../../src/api/views.ts';
import { renderRollout } from '../../../src/cli/panel/panel.ts';
import { widthOf } from '../../../src/cli/text.ts';
import type { Where } from '../../../src/judge/where.ts';
import type { RolloutRecord } from '../../../src/rollout/record.ts';
import { fakeControl, findingOf, verdictOf } from '../../support/fake-control.ts';

const LOOKED = { look: { agoMs: 3_000, overdueMs: 15_000, failures: 0, trouble: null }, unrecorded: null, acts: [] };
const viewOf = (record: RolloutRecord) => rolloutView(record, LOOKED);

const ADA = { name: 'ada', role: 'operator' } as const;

const VERDICT = verdictOf({
  findings: [
    findingOf({ logHarm: 3.9 }),
    findingOf({ check: 'clientErrors', budgetWeight: 0, logParity: 3 }),
    findingOf({ check: 'p50', unit: 'ms', canary: 0.42, stable: 0, logParity: 0, needsCanaryRequests: 12_345_678 }),
    findingOf({ check: 'p99', unit: 'ms', canary: 1_480.2, stable: 340.4, needsCanaryRequests: null }),
    findingOf({ check: 'guard:errors', canary: null, stable: null, logParity: null, logParityThreshold: null }),
  ],
  worst: 'errors',
});

async function started() {
  const control = fakeControl();
  const { record } = await control.rollouts.start(
    { route: 'payments', canaryUrl: 'http://x/', version: 'v2', reason: 'release 2', replace: false, force: false },
    ADA,
  );
  const { id } = record.rollout;
  control.happen(id, { kind: 'preflightPassed' });
  return { control, id };
}

async function inStep1(): Promise<RolloutView> {
  const { control, id } = await started();
  control.happen(id, { kind: 'internalPassed', reason: '5 forced requests, none failed' });
  return viewOf(control.see(id, { verdict: VERDICT, dwellMs: 30_000, lookedAt: Date.UTC(2026, 0, 1, 1, 2, 3) }));
}

const plain = (view: RolloutView, width = 100, audit: readonly AuditView[] = []) =>
  renderRollout(view, { width, colour: false, audit });

describe('renderRollout', () => {
  it('says of how many answers a check counts that looks at a part of them', async () => {
    const { control, id } = await started();
    const counted = 'of the answers that were read, of a sample of 10 %';
    const findings = [findingOf({ check: 'content', requests: { canary: 120, stable: 1_090 }, counted })];
    const view = viewOf(control.see(id, { verdict: verdictOf({ findings, worst: null }) }));
    expect(plain(view)).toContain(
      '\ncontent: 120 (canary) and 1,090 (stable) of the answers that were read, of a sample of 10 %',
    );
    const logs = { check: 'logs', in: 'error lines in 1,000 requests', counted: 'requests whose lines were compared' };
    const logged = findingOf({ ...logs, requests: { canary: 120, stable: 1_090 } });
    expect(plain(viewOf(control.see(id, { verdict: verdictOf({ findings: [logged] }) })))).toContain(
      '\nlogs: error lines in 1,000 requests, 120 (canary) and 1,090 (stable) requests whose lines were',
    );
  });

  it('says which keys come last', async () => {
    const view = await inStep1();
    expect(plain({ ...view, heavyLast: { keys: 2, share: 0.31 } }).split('\n')[5]).toBe(
      'last      2 heavy keys, which had 31 % of the traffic, join at 100 % only',
    );
    expect(plain({ ...view, heavyLast: { keys: 1, share: 0.05 } })).toContain('one heavy key, which had 5 %');
  });

  it('draws the whole panel', async () => {
    expect(plain(await inStep1()).split('\n')).toEqual([
      `payments  v1 -> v2${' '.repeat(61)}attempt 1, for 1h 02m`,
      '',
      '● internal > ◉ 10% > ○ 50% > ○ bake > ○ promoted',
      '',
      'weight    ██░░░░░░░░░░░░░░░░░░░░░░  10% canary',
      'dwell     ████████████░░░░░░░░░░░░  30s of 1m 00s',
      'verdict   undecided: 800 more canary requests are needed, about 4 minutes',
      'looked    3 s ago',
      'because   5 forced requests, none failed',
      '',
      'To 50%, all of these',
      '✓ not paused',
      '○ the split of this stage has not been seen applied yet',
      '○ dwell: 30 s of 60 s, 30 s to go',
      '○ undecided: 800 more canary requests are needed, about 4 minutes',
      '✓ looked 3 s ago',
      '',
      'check          canary    stable    evidence of harm               parity',
      'errors          0.21%     0.20%    █████████░░░░░░░░░░░ 3.9/7.8   800 more',
      'clientErrors    0.21%     0.20%    -                              ✓',
      'p50            0.42ms       0ms    █░░░░░░░░░░░░░░░░░░░ 0.4/7.8   12,345,678 more',
      'p99             1.48s     340ms    █░░░░░░░░░░░░░░░░░░░ 0.4/7.8   open',
      'guard:errors        -         -    █░░░░░░░░░░░░░░░░░░░ 0.4/7.8   -',
      'combined                           █░░░░░░░░░░░░░░░░░░░ 0.4/6.9',
    ]);
  });

  it('says once what the verdict and the reason both say, and why it was held', async () => {
    const view = await inStep1();
    const said = view.verdict?.reason ?? '';
    expect(plain({ ...view, reason: said })).not.toContain('because');
    const stuck = plain({ ...view, reason: `undecided for longer than 3m: ${said}` });
    expect(stuck.replaceAll(/\s+/g, ' ')).toContain(`because undecided for longer than 3m: ${said}`);
  });

  it('a share of slow answers does not pass for the latency that a guard names', async () => {
    const view = await inStep1();
    const guard = findingOf({
      check: 'guard:p99',
      canary: 0.012,
      stable: null,
      logParity: null,
      logParityThreshold: null,
    });
    const text = plain({ ...view, verdict: view.verdict && { ...view.verdict, findings: [guard] } });
    expect(text).toMatch(/guard:p99 +1\.20% +too slow /);
  });

  it('shows the names of checks whole, because skip needs them so', async () => {
    const view = await inStep1();
    const names = ['keys:clientErrors', 'gross:unanswered', `query:${'q'.repeat(63)}`];
    const with80 = (checks: readonly string[], width: number) =>
      plain(
        {
          ...view,
          verdict: view.verdict && { ...view.verdict, findings: checks.map((check) => findingOf({ check })) },
        },
        width,
      ).split('\n');
    for (const name of names.slice(0, 2)) {
      expect(with80(names.slice(0, 2), 80).find((line) => line.startsWith(`${name} `))).toMatch(/ 0\.21% .* 800 more$/);
    }
    expect(with80(names, 80)).toContain(names[2]);
    for (const width of [48, 60, 80, 100]) {
      const lines = with80(names, width);
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
      expect(lines.join('')).toContain(names[2]);
    }
  });

  it('marks figures that lie between the boundaries of a histogram as about', async () => {
    const view = await inStep1();
    const findings = (view.verdict?.findings ?? []).map((one) => ({ ...one, figures: 'interpolated' as const }));
    const text = plain({ ...view, verdict: view.verdict && { ...view.verdict, findings } });
    expect(text).toContain('p99            ~1.48s    ~340ms    ');
    expect(text).toContain('guard:errors        -         -    ');
  });

  it('shows the gates, the forced requests and what only a person can do', async () => {
    const { control, id } = await started();
    const text = plain(viewOf(control.see(id, { forced: { requests: 5, errors: 0 }, verdict: verdictOf() })));
    expect(text).toContain('◉ internal');
    expect(text).toContain('\nTo 10%, all of these\n');
    expect(text).toContain('\n○ gate integration-tests: not passed yet\n');
    expect(text).toContain('\n✓ 5 of 5 forced requests, 0 failed, 0 allowed\n');
    expect(text).toContain('waits for gate:integration-tests');
    const view = await inStep1();
    expect(plain({ ...view, waitsFor: ['look'], openPage: 'undecided' })).toContain(
      'waits for an answer to the page (undecided)',
    );
  });

  it('shows a pause with who and why, and a skipped check as skipped', async () => {
    const view: RolloutView = {
      ...(await inStep1()),
      skippedChecks: ['p99'],
      paused: { at: '2026-01-01T00:00:00.000Z', by: 'ada', role: 'operator', reason: 'lunch' },
    };
    expect(plain(view)).toContain('paused    by ada: “lunch”');
    expect(plain(view)).toMatch(/^p99 .*skipped$/m);
  });

  it('shows values of queries as they are, against the evidence that holds, and a dry run as one', async () => {
    const { control, id } = await started();
    control.happen(id, { kind: 'internalPassed', reason: 'ok' });
    const query = { unit: 'value', budgetWeight: 0, logHarm: 1.5, logParity: 5, needsCanaryRequests: null } as const;
    const findings = [
      findingOf({
        ...query,
        check: 'query:cpu',
        canary: 0.43821,
        stable: -12_345.678,
        intervals: { counted: 3, least: 5 },
      }),
      findingOf({ ...query, check: 'query:queue', canary: null, stable: 0, dryRun: true }),
      findingOf({ check: 'errors', dryRun: true, budgetWeight: 0 }),
      findingOf({ check: 'clientErrors', budgetWeight: 0 }),
      // What holds for log lines is no limit of the evidence that is shown.
      findingOf({ ...query, check: 'logs', canary: 12, stable: 10 }),
    ];
    const view = viewOf(control.see(id, { verdict: verdictOf({ findings, logHold: 3 }) }));
    expect(view.verdict?.findings[0]).toMatchObject({ unit: 'value', intervals: { counted: 3, least: 5 } });
    const rows = plain(view).split('\n').slice(-6, -1);
    expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
      ['query:cpu', '0.4382', '-12350', '██████████░░░░░░░░░░ 1.5/3.0', '✓'],
      ['query:queue', '-', '0', 'dry run 1.5', '✓'],
      ['errors', '0.21%', '0.20%', 'dry run 0.4', expect.any(String)],
      ['clientErrors', '0.21%', '0.20%', '-', expect.any(String)],
      ['logs', '12', '10', '-', '✓'],
    ]);
  });

  it.each([
    ['preflight', '○ internal'],
    ['promoted', '● bake > ◉ promoted'],
    ['finalised', '● promoted > ✓ finalised'],
    ['rolled-back', '○ promoted > ✗ rolled back'],
    ['aborted', '✗ aborted'],
    ['superseded', '✗ superseded'],
  ])('marks %s on the ladder', async (stage, mark) => {
    expect(plain({ ...(await inStep1()), stage })).toContain(mark);
  });

  it('shows the forecast in one line while it runs', async () => {
    const view = await inStep1();
    const says = 'parity in 72 s to 9 min, at 25 %: about 96 s; a doubling of errors would be known in 40 s';
    const verdict = view.verdict && { ...view.verdict, forecast: { parity: null, doublingMs: 40_000, says } };
    expect(plain({ ...view, verdict }).split('\n')).toContain(`forecast  ${says}`);
    expect(plain({ ...view, verdict, active: false })).not.toContain('forecast');
  });

  it('ends with the audit lines it is given, oldest first', async () => {
    const { control } = await started();
    const entries = (await control.reader.audit({ limit: 5 })).map(auditView).toReversed();
    expect(
      plain(await inStep1(), 100, entries)
        .split('\n')
        .slice(-2),
    ).toEqual([
      '00:00:01  rolloutStarted: “release 2” (ada)',
      '00:00:02  preflightPassed: every canary address answers (serin)',
    ]);
  });

  it('is no wider than it may be, whatever the names', async () => {
    const view = await inStep1();
    const unseen = {
      weightBps: 100,
      needMs: 60_000,
      enteredAt: null,
      leftAt: null,
      canaryRequests: null,
      stableRequests: null,
    };
    const long: RolloutView = {
      ...view,
      route: 'r'.repeat(90),
      reason: `because ${'of '.repeat(90)}${'x'.repeat(200)}`,
      stages: Array.from({ length: 30 }, (_, index) => ({
        ...unseen,
        name: `step-${index + 1}`,
        label: `${index + 1}%`,
      })),
    };
    for (const one of [view, long]) {
      for (let width = 48; width <= 140; width += 1) {
        const widest = Math.max(...plain(one, width).split('\n').map(widthOf));
        expect(widest).toBeLessThanOrEqual(width);
      }
    }
  });

  it('says the same with colour as without', async () => {
    const view = await inStep1();
    const coloured = renderRollout(view, { width: 100, colour: true });
    expect(coloured).not.toBe(plain(view));
    expect(stripVTControlCharacters(coloured)).toBe(plain(view));
  });

  it('lets nothing from outside drive the terminal', async () => {
    const nasty = '\u001b[31mx\u0007\u202e\n';
    const view = await inStep1();
    const hostile: RolloutView = {
      ...view,
      route: nasty,
      reason: nasty,
      canary: { url: nasty, version: nasty },
      needs: [{ what: 'gate', met: false, says: nasty }],
      paused: { at: view.startedAt, by: nasty, role: 'operator', reason: nasty },
    };
    expect(stripVTControlCharacters(plain(hostile))).toBe(plain(hostile));
    expect(plain(hostile)).not.toContain('\u202e');
    expect(plain(hostile)).not.toContain('\u0007');
  });
});

describe('where a canary is worse', () => {
  const slice = {
    dimension: 'endpoint' as const,
    name: 'POST /pay',
    canary: 0.12,
    stable: 0.001,
    requests: { canary: 900, stable: 8_100 },
    part: 0.93,
  };
  const where: Where = {
    measure: 'errors',
    slowMs: null,
    slices: [slice, { ...slice, dimension: 'consumer' as const, name: 'ac\u001b[31mme', part: 0.07 }],
    status: null,
    worse: 2,
    says: 'worst: POST /pay',
  };
  const panelWith = async (found: Where | undefined, width = 100) => {
    const { control, id } = await started();
    const verdict = verdictOf({ name: 'suspect', ...(found ? { where: found } : {}) });
    return plain(viewOf(control.see(id, { verdict })), width);
  };

  it('stands below the checks, with its figures', async () => {
    const lines = (await panelWith(where)).split('\n').slice(-3);
    expect(lines.map((line) => line.replaceAll(/ {2,}/g, '  '))).toEqual([
      'worst: errors  canary  stable  requests  part',
      'POST /pay  12.0%  0.10%  900 / 8,100  93 %',
      'consumer ac [31mme  12.0%  0.10%  900 / 8,100  7 %',
    ]);
  });

  it('names the latency beyond which answers are slow', async () => {
    expect(await panelWith({ ...where, measure: 'p95', slowMs: 120 })).toContain('worst: slower than 120ms');
  });

  it('is left out where no slice stands out, and fits into a narrow terminal', async () => {
    expect(await panelWith({ ...where, slices: [] })).not.toContain('worst');
    expect(await panelWith(undefined)).not.toContain('worst');
    const narrow = (await panelWith(where, 48)).split('\n');
    expect(narrow.every((line) => widthOf(line) <= 48)).toBe(true);
  });
});
