import { describe, expect, it } from 'vitest';
import { chooseTrack, type SplitInput } from '../../../src/split/match.ts';
import type { SplitOrder } from '../../../src/split/order.ts';

const ORDER: SplitOrder = {
  route: 'payments',
  epoch: 7,
  rolloutId: 'r1',
  stable: { url: 'http://a', version: 'v1' },
  canary: { url: 'http://b', version: 'V2-rc' },
  canaryBps: 1_000,
  consumerDefault: 'by-weight',
  forceAllowed: true,
  drainMs: 30_000,
  brakeAfter: null,
  failover: 'none',
  measure: { blockMs: 5_000, errorStatuses: ['5xx'] },
};

/** At 10 % the first goes to the canary by weight, the second to the stable. */
const LOW = 0;
const HIGH = 0xffff_ffff;

function choose(requester: Partial<SplitInput>, order: Partial<SplitOrder> = {}): string {
  const choice = chooseTrack({ ...ORDER, ...order }, { force: null, consumer: null, hash: HIGH, ...requester });
  return `${choice.track} by ${choice.by}`;
}

describe('by weight', () => {
  it('is one hash against one threshold', () => {
    expect(choose({ hash: LOW })).toBe('canary by weight');
    expect(choose({ hash: HIGH })).toBe('stable by weight');
    expect(choose({ hash: LOW }, { canaryBps: 0 })).toBe('stable by weight');
    expect(choose({ hash: HIGH }, { canaryBps: 10_000 })).toBe('canary by weight');
  });
});

describe('by force header', () => {
  it.each([
    ['canary', 'canary by force'],
    ['stable', 'stable by force'],
    ['CANARY', 'canary by force'],
    ['v1', 'stable by force'],
    ['V1', 'stable by force'],
    ['v2-RC', 'canary by force'],
    ['v3', 'stable by weight'],
    ['', 'stable by weight'],
    ['toString', 'stable by weight'],
  ])('%j is %s', (force, choice) => {
    expect(choose({ force })).toBe(choice);
  });

  it('reaches the canary at weight 0', () => {
    expect(choose({ force: 'canary' }, { canaryBps: 0 })).toBe('canary by force');
  });

  it('goes before a consumer rule', () => {
    expect(choose({ force: 'canary', consumer: 'stable' })).toBe('canary by force');
  });

  it('is nothing where it is not allowed', () => {
    expect(choose({ force: 'canary' }, { forceAllowed: false })).toBe('stable by weight');
    expect(choose({ force: 'canary', consumer: 'stable' }, { forceAllowed: false })).toBe('stable by consumer');
  });

  it('cannot tell two versions of one name apart, and a version cannot take the name of a track', () => {
    const canary = { url: 'http://b', version: 'V1' };
    expect(choose({ force: 'v1' }, { canary })).toBe('stable by weight');
    expect(choose({ force: 'stable' }, { canary: { url: 'http://b', version: 'stable' } })).toBe('stable by force');
  });
});

describe('by consumer', () => {
  it.each([
    ['canary', HIGH, 'canary by consumer'],
    ['stable', LOW, 'stable by consumer'],
    ['by-weight', LOW, 'canary by weight'],
    ['by-weight', HIGH, 'stable by weight'],
  ] as const)('listed as %s with hash %d: %s', (consumer, hash, choice) => {
    for (const consumerDefault of ['stable', 'by-weight'] as const) {
      expect(choose({ consumer, hash }, { consumerDefault })).toBe(choice);
    }
  });

  it.each(['unlisted', null] as const)('%s takes the default of the order', (consumer) => {
    expect(choose({ consumer, hash: LOW }, { consumerDefault: 'stable' })).toBe('stable by consumer');
    expect(choose({ consumer, hash: LOW }, { consumerDefault: 'by-weight' })).toBe('canary by weight');
  });

  it('is nothing where the order has no consumer rules', () => {
    expect(choose({ consumer: 'stable', hash: LOW }, { consumerDefault: null })).toBe('canary by weight');
  });
});

describe('without a canary', () => {
  it('is the stable by weight, whatever is asked for', () => {
    for (const force of ['canary', 'stable', 'v2-rc', null]) {
      for (const consumer of ['canary', 'stable', null] as const) {
        expect(choose({ force, consumer, hash: LOW }, { canary: null, canaryBps: 10_000 })).toBe('stable by weight');
      }
    }
  });
});

describe('a choice', () => {
  it('is the same object for the same outcome, so that a request allocates none', () => {
    const requester = { force: null, consumer: null, hash: LOW };
    expect(chooseTrack(ORDER, requester)).toBe(chooseTrack({ ...ORDER, canaryBps: 5_000 }, { ...requester }));
  });
});
