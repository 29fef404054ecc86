import { describe, expect, it } from 'vitest';
import { whereWorse } from '../../../src/judge/where.ts';
import { nameSlice } from '../../../src/parity/slices/slice-name.ts';
import type { SliceBlock } from '../../../src/stats/slice.ts';
import { seededRandom } from '../../support/random.ts';
import {
  equalEndpoints,
  exactBlocks,
  type SliceBehaviour,
  sliceBlocks,
  suspicionOf,
} from '../../support/slice-traffic.ts';

const margin = { rho: 1.1, a: 1e-4 };
const ERRORS = suspicionOf('errors');

function where(blocks: readonly SliceBlock[], suspicion = ERRORS, since = 0) {
  return whereWorse(suspicion, { blocks, marginOf: () => margin, address: null, since });
}

const REQUESTS = { canary: 20, stable: 180 };

function consumers(count: number, share: SliceBehaviour['share']): SliceBehaviour[] {
  return Array.from({ length: count }, (_, at) => ({
    dimension: 'consumer',
    name: `c${at}`,
    requests: REQUESTS,
    share,
  }));
}

describe('where a canary is worse', () => {
  it('is the endpoint that fails, with its figures since the onset and the status that it fails with', () => {
    const row = (name: string, canaryErrors: number) => ({
      dimension: 'endpoint' as const,
      name,
      canary: [100, canaryErrors] as const,
      stable: [900, 1] as const,
    });
    const status = { dimension: 'status' as const, name: '503', canary: [12, 12] as const, stable: [0, 0] as const };
    const found = where(
      exactBlocks([row('POST /pay', 12), row('GET /a', 0), row('GET /b', 0), status], 12),
      ERRORS,
      15_000,
    );
    expect(found?.says).toBe('worst: POST /pay 12 % against 0.11 %, 900 against 8,100 requests, most of it status 503');
    expect(found?.slices).toEqual([
      {
        dimension: 'endpoint',
        name: 'POST /pay',
        canary: 0.12,
        stable: 1 / 900,
        requests: { canary: 900, stable: 8_100 },
        part: 1,
      },
    ]);
  });

  it.each([
    ['keys:errors', 'errors', '503'],
    ['keys:clientErrors', 'clientErrors', '404'],
  ] as const)('is found for a verdict by key as well: %s', (check, measure, status) => {
    const isError = measure === 'errors';
    const row = (dimension: 'endpoint' | 'status', name: string, of: number, count: number) => ({
      dimension,
      name,
      canary: [of, isError ? count : 0] as const,
      stable: [9 * of, 0] as const,
      clientErrors: { canary: isError ? 0 : count, stable: 0 },
    });
    const rows = [
      row('endpoint', 'POST /pay', 100, 40),
      row('endpoint', 'GET /a', 100, 0),
      row('status', status, 40, 40),
    ];
    const found = where(exactBlocks(rows, 12), suspicionOf(check));
    expect(found?.measure).toBe(measure);
    expect(found?.says).toMatch(new RegExp(`^worst: POST /pay 40 %.* against 0 %, .*, most of it status ${status}$`));
    expect(where(exactBlocks(rows, 12), suspicionOf('keys:p95'))).toBeNull();
  });

  it('is explained by no status that is no error', () => {
    const rows = [
      { dimension: 'endpoint', name: 'POST /pay', canary: [100, 12], stable: [900, 1] },
      { dimension: 'endpoint', name: 'GET /a', canary: [100, 0], stable: [900, 0] },
      { dimension: 'status', name: '404', canary: [90, 0], stable: [9, 0] },
      { dimension: 'status', name: '502', canary: [7, 7], stable: [1, 1] },
      { dimension: 'status', name: '503', canary: [5, 5], stable: [0, 0] },
    ] as const;
    expect(where(exactBlocks(rows, 12))?.status).toMatchObject({ name: '502' });
    const even = rows.map((row) => (row.name === '502' ? { ...row, canary: [5, 5] as const } : row));
    expect(where(exactBlocks(even, 12))?.status).toBeNull();
  });

  it('is the consumer that is refused, with the endpoint that it asks for and the status', () => {
    const refused = (dimension: 'endpoint' | 'consumer' | 'status', name: string, of: number, count: number) => ({
      dimension,
      name,
      canary: [of, 0] as const,
      stable: [9 * of, 0] as const,
      clientErrors: { canary: count, stable: 0 },
    });
    const rows = [
      refused('endpoint', 'GET /orders', 40, 10),
      refused('endpoint', 'GET /carts', 60, 0),
      refused('consumer', 'acme', 10, 10),
      refused('consumer', 'zeta', 90, 0),
      refused('status', '401', 10, 10),
    ];
    const found = where(exactBlocks(rows, 12), suspicionOf('clientErrors'));
    expect(found?.says).toBe(
      'worst: GET /orders 25 % with 4xx against 0 %, 480 against 4,320 requests; ' +
        'then consumer acme 100 % with 4xx against 0 %, 120 against 1,080 requests, most of it status 401',
    );
    const slice = { dimension: 'consumer', name: 'acme', kind: 'clientErrors' } as const;
    const { findings } = suspicionOf('slices');
    const bySlices = { findings: findings.map((finding) => ({ ...finding, slice })), worst: 'slices' };
    expect(where(exactBlocks(rows, 12), bySlices)?.says).toBe(found?.says);
  });

  it('is the endpoint whose answers are slower than its usual p95', () => {
    const row = (name: string, slow: number) => ({
      dimension: 'endpoint' as const,
      name,
      canary: [20, 0] as const,
      stable: [180, 0] as const,
      slow: { canary: slow, stable: 9 },
    });
    const blocks = exactBlocks([row('GET /fast', 14), row('GET /a', 1), row('GET /b', 1)], 12);
    const slice = { dimension: 'endpoint', name: 'GET /fast', kind: 'slow' } as const;
    const { findings } = suspicionOf('slices');
    const found = where(blocks, { findings: findings.map((finding) => ({ ...finding, slice })), worst: 'slices' });
    expect(found?.says).toBe('worst: GET /fast 70 % slower than its usual p95 against 5 %, 240 against 2,160 requests');
  });

  it('is one consumer, when only its requests fail', () => {
    const all = [
      ...equalEndpoints(5, REQUESTS, 0.002).map((slice) => ({ ...slice, share: { canary: 0.05, stable: 0.002 } })),
      ...consumers(4, { canary: 0.002, stable: 0.002 }),
      ...consumers(1, { canary: 0.25, stable: 0.002 }).map((slice) => ({ ...slice, name: 'acme' })),
    ];
    const found = where(sliceBlocks(seededRandom(3), all, 24));
    expect(found?.slices.map(({ dimension, name }) => [dimension, name])).toEqual([['consumer', 'acme']]);
    expect(found?.says).toMatch(/^worst: consumer acme [\d.]+ % against 0\.\d+ %, \d+ against [\d,]+ requests$/);
  });

  it('is everywhere, when every slice has its share of the difference', () => {
    const all = equalEndpoints(6, REQUESTS).map((slice) => ({ ...slice, share: { canary: 0.1, stable: 0.002 } }));
    const found = where(sliceBlocks(seededRandom(4), all, 60));
    expect(found).toMatchObject({ slices: [], worse: 6, says: 'no slice stands out: it is worse everywhere' });
  });

  it('is one address of the canary, held against the whole stable', () => {
    const address = (name: string, canary: number, requests: SliceBehaviour['requests']): SliceBehaviour => ({
      dimension: 'upstream',
      name,
      requests,
      share: { canary, stable: 0.002 },
    });
    const all = [
      ...equalEndpoints(1, { canary: 60, stable: 540 }).map((slice) => ({
        ...slice,
        share: { canary: 0.1, stable: 0.002 },
      })),
      address('10.0.0.1', 0, { canary: 0, stable: 540 }),
      address('10.0.0.2', 0.002, { canary: 30, stable: 0 }),
      address('10.0.0.3', 0.2, { canary: 30, stable: 0 }),
    ];
    const found = where(sliceBlocks(seededRandom(5), all, 24));
    expect(found?.slices.map(({ dimension, name }) => [dimension, name])).toEqual([['upstream', '10.0.0.3']]);
  });

  it('speaks of slow answers when the verdict rests on a latency', () => {
    const slow = equalEndpoints(10, REQUESTS, 0.05).map((slice, at) =>
      at === 4 ? { ...slice, share: { canary: 0.6, stable: 0.05 } } : slice,
    );
    const found = where(sliceBlocks(seededRandom(6), slow, 24, 'slow'), suspicionOf('dominance', 'p95'));
    expect(found).toMatchObject({ measure: 'p95', slowMs: 60, slices: [{ name: 'GET /e4' }] });
    expect(found?.says).toMatch(
      /^worst: GET \/e4 \d+ % slower than 60 ms against [\d.]+ %, \d+ against [\d,]+ answers$/,
    );
  });

  it('is not said of a check whose difference no slice has', () => {
    const blocks = sliceBlocks(seededRandom(7), equalEndpoints(3, REQUESTS), 5);
    expect(where(blocks, suspicionOf('query:cpu'))).toBeNull();
    expect(where(blocks, { findings: [], worst: 'combined' })).toBeNull();
  });

  it('is not said without blocks, or where one version had no traffic', () => {
    expect(where([])).toBeNull();
    expect(where(sliceBlocks(seededRandom(8), equalEndpoints(3, { canary: 0, stable: 50 }), 5))).toBeNull();
  });

  it('is never found by pooling: a split that moves while everything fails more is no difference (Simpson)', () => {
    const calm = equalEndpoints(8, { canary: 2, stable: 198 }, 0.002);
    const rough = equalEndpoints(8, { canary: 100, stable: 100 }, 0.05);
    const blocks = [...sliceBlocks(seededRandom(9), calm, 60), ...sliceBlocks(seededRandom(10), rough, 60)];
    expect(where(blocks)).toMatchObject({ slices: [], worse: 0, says: 'no slice stands out so far' });
  });

  it('is told in names that are cut to what a sentence bears', () => {
    expect(nameSlice('endpoint', `GET /${'a'.repeat(300)}`)).toHaveLength(80);
    expect(nameSlice('endpoint', 'other')).toBe('other endpoints');
    expect(nameSlice('status', 'no answer')).toBe('no answer');
  });
});
