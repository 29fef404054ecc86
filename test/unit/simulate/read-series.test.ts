import { describe, expect, it } from 'vitest';
import { readBlock } from '../../../src/simulate/read-block.ts';
import { openReplay, replayBlock } from '../../../src/simulate/replay.ts';
import { briskPolicy } from '../../support/judge-policy.ts';
import { queryPolicy } from '../../support/query-policy.ts';

const line = (series: unknown) =>
  JSON.stringify({ at: '2026-01-01T00:00:00Z', step: 1, weight: 0.1, stable: null, canary: null, series });

describe('values of queries in a block', () => {
  it('are numbers, lists of them by pod, or null for none', () => {
    const series = { cpu: { stable: [0.41, -1, 0], canary: 0.44 }, queue: { stable: null, canary: 1e9 } };
    expect(readBlock(line(series)).series).toEqual(series);
    expect(readBlock(line(undefined))).not.toHaveProperty('series');
  });

  it.each<[unknown, string]>([
    [[], 'series must be an object of checks'],
    [{ cpu: 0.4 }, 'series.cpu must be an object'],
    [{ cpu: { stable: 1 } }, 'series.cpu.canary is missing: null says that it has no value'],
    [{ cpu: { stable: 1, canary: 2, canari: 3 } }, 'series.cpu has the unknown key canari, did you mean canary?'],
    [{ cpu: { stable: '1', canary: 2 } }, 'series.cpu.stable must be a number, a list of numbers or null'],
    [{ cpu: { stable: [], canary: 2 } }, 'series.cpu.stable must be a number, a list of numbers or null'],
    [{ cpu: { stable: [1, null], canary: 2 } }, 'series.cpu.stable must be a list of numbers, one for each pod'],
  ])('%j: %s', (series, message) => {
    expect(() => readBlock(line(series))).toThrow(message);
  });

  it('are no numbers where they are infinite', () => {
    const text = line({ cpu: { stable: 1, canary: 2 } }).replace(':2}', ':1e999}');
    expect(() => readBlock(text)).toThrow('series.cpu.canary must be a number, a list of numbers or null');
  });

  it('belong to checks of the policy', () => {
    const block = readBlock(line({ cpx: { stable: 1, canary: 2 } }));
    const policy = queryPolicy();
    expect(() => replayBlock(policy, openReplay(policy), block, 1)).toThrow(
      'series has the unknown check cpx: the policy has cpu',
    );
    expect(() => replayBlock(briskPolicy(), openReplay(briskPolicy()), block, 1)).toThrow(
      'series has the unknown check cpx: the policy has no queries',
    );
  });
});
