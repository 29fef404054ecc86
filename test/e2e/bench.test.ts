import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Report } from '../bench/gateway/report.ts';
import type { LogsReport } from '../bench/logs/report.ts';
import type { Report as MemoryReport } from '../bench/memory/report.ts';
import type { SoakOutcome } from '../soak/outcome.ts';

/** What a command of ours prints, as JSON; whether its figures please is left to whoever runs it at length. */
function printed<Printed>(file: string, ...args: readonly string[]): Promise<Printed> {
  return new Promise((done, reject) => {
    const command = [resolve(import.meta.dirname, '..', file), '--json', ...args];
    execFile(process.execPath, command, { maxBuffer: 16 * 1024 * 1024 }, (_error, stdout, stderr) => {
      try {
        done(JSON.parse(stdout) as Printed);
      } catch {
        reject(new Error(`${file} printed no JSON: ${stdout}${stderr}`));
      }
    });
  });
}

// Processes are measured by /proc.
describe.runIf(process.platform === 'linux')('the gateway benchmark', () => {
  it('runs Serin through every scenario without one wrong answer', async () => {
    const only = ['serin-reference-rollout', 'before-reference-rollout', 'gateway-reference', 'gateway-fast'];
    const scale = ['--quick', '--rounds', '1', '--window', '100', '--against', resolve(import.meta.dirname, '../..')];
    const report = await printed<Report>('bench/gateway/main.ts', ...scale, '--only', only.join(','));
    const taking = report.participants.map(({ name }) => name);
    expect([...taking, ...report.absent.map(({ name }) => name)].sort()).toEqual(only.toSorted());
    const traffic = report.rows.filter(({ contender }) => contender.endsWith('-reference-rollout'));
    expect(traffic).toHaveLength(2 * 5);
    for (const { scenario, contender, samples } of traffic) {
      const [sample] = samples;
      expect(sample?.errors, `${scenario} ${contender}`).toBe(0);
      expect(sample?.requestsPerSecond, `${scenario} ${contender}`).toBeGreaterThan(0);
    }
    const memory = report.rows.filter(({ contender }) => contender === 'gateway-reference');
    expect(memory.map(({ scenario }) => scenario)).toEqual(['idle-connections', 'slow-readers']);
    expect(report.targets).toHaveLength(14);
  });
});

describe.runIf(process.platform === 'linux')('the gateway soak', () => {
  it('counts every request exactly once while the split changes', async () => {
    const args = ['--only', 'split-changes', '--seconds', '2'];
    const { outcomes } = await printed<{ readonly outcomes: readonly SoakOutcome[] }>('soak/main.ts', ...args);
    const promises = outcomes.flatMap((outcome) => outcome.promises).filter(({ what }) => what !== 'split changes');
    expect(promises.length).toBeGreaterThan(5);
    expect(promises.filter(({ isMet }) => !isMet)).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('the benchmark of logs', () => {
  it('reads every form, and has turns with lines beside those without', async () => {
    const { reading, turns } = await printed<LogsReport>('bench/logs/main.ts', '--quick');
    expect(reading.map(({ judged, unwatched }) => judged > 0 && unwatched > judged)).toEqual([true, true, true, true]);
    expect(turns.map(({ logs }) => logs)).toEqual(['none', 'NDJSON', 'none', 'OTLP protobuf']);
    expect(turns.every(({ answered, serving }) => answered > 0 && serving > 0)).toBe(true);
  }, 300_000);
});

describe.runIf(process.platform === 'linux')('the memory benchmark', () => {
  it('starts Serin on each database and reads its memory', async () => {
    const { rounds, limits } = await printed<MemoryReport>('bench/memory/main.ts', '--quick');
    const databases = rounds.map(({ database }) => database);
    expect(databases.slice(0, 2)).toEqual(['embedded, empty folder', 'embedded, made folder']);
    for (const { peak, rest, database } of rounds) {
      expect(rest.processes, database).toHaveLength(database === 'Postgres' ? 1 : 2);
      expect(peak.charged, database).toBeGreaterThan(50);
    }
    // Far above what is promised: this says that the database's process has its flags, and nothing of tenths.
    for (const { rest } of rounds) expect(rest.charged).toBeLessThan(300);
    expect(limits).toHaveLength(5);
  });
});
