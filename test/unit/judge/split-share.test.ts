import { describe, expect, it } from 'vitest';
import { openJudgement } from '../../../src/judge/judge.ts';
import type { Block, KeyReading } from '../../../src/stats/block.ts';
import { blockOf, lookRepeatedly, tallyOf } from '../../support/judge-blocks.ts';
import { briskPolicy } from '../../support/judge-policy.ts';
import { seededRandom } from '../../support/random.ts';
import { binomialCount } from '../../support/random-counts.ts';

const policy = briskPolicy();

/** Of 500 requests a block at a weight of 10 %. */
const split = (canary: number, parts: Partial<Block> = {}) => ({
  drawn: { canary, stable: 500 - canary },
  canary: tallyOf(canary),
  stable: tallyOf(500 - canary),
  ...parts,
});
const looks = (count: number, make: () => Partial<Block>, skippedChecks: readonly string[] = []) =>
  lookRepeatedly(policy, openJudgement(policy), { from: 0, count }, (startedAt) => blockOf({ startedAt, ...make() }), {
    skippedChecks,
  }).verdict;
const perRequest = { assignment: 'per-request' } as const;
const oneAddress: KeyReading = {
  requests: 500,
  squares: 1,
  heaviest: { kind: 'client-address', name: '10.0.0.1', requests: 500 },
};

describe('a canary that gets all of the traffic at a weight of 10 %', () => {
  it('is held after one block and paged at once after two', () => {
    const first = looks(1, () => split(500, perRequest));
    expect(first.hold).toEqual({ cause: 'overfull:split', check: 'split', urgency: 'after-max-hold' });
    expect(first.reason).toBe(
      'canary gets 100 % of the requests at a weight of 10 % (500 of 500): what divides the traffic does not keep to it',
    );
    expect(looks(2, () => split(500, perRequest)).hold?.urgency).toBe('at-once');
  });

  it('is held by the address that all requests have, which is named', () => {
    const verdict = looks(1, () => split(500, { assignment: 'by-key', keys: oneAddress }));
    expect(verdict).toMatchObject({ name: 'undecided', worst: 'split', hold: { cause: 'overfull:split' } });
    expect(verdict.reason).toBe(
      'canary gets 100 % of the requests at a weight of 10 % (500 of 500): one client address, 10.0.0.1, sends 100 % of ' +
        'them and goes to one version; behind a balancer set trustedProxies, or use sticky: request',
    );
    expect(looks(2, () => split(500, { assignment: 'by-key', keys: oneAddress })).hold?.urgency).toBe('at-once');
  });

  it('is found where another router divides the traffic, and is let through by a person who skips it', () => {
    expect(looks(3, () => ({ canary: tallyOf(900), stable: tallyOf(5) })).worst).toBe('split');
    expect(looks(3, () => split(500, perRequest), ['split']).hold).toBeUndefined();
  });
});

describe('one sticky key with half of the traffic', () => {
  it('is named when it leaves the canary with nothing, too', () => {
    const verdict = looks(3, () => split(0, { assignment: 'by-key', keys: oneAddress }));
    expect(verdict.hold?.cause).toBe('starved');
    expect(verdict.reason).toMatch(
      /^canary gets no traffic: 0 of 1,500 .* weight: one client address, 10\.0\.0\.1, sends/,
    );
  });

  it('is not called by its name where that is a secret', () => {
    const keys: KeyReading = { ...oneAddress, heaviest: { kind: 'header', name: null, requests: 300 } };
    const verdict = looks(1, () => split(300, { assignment: 'by-key', keys }));
    expect(verdict.reason).toContain(
      ': one value of the sticky header sends 60 % of them and goes to one version; use ',
    );
  });

  it('is nothing yet of a few requests', () => {
    const keys: KeyReading = { requests: 99, squares: 1, heaviest: { kind: 'consumer', name: 'acme', requests: 99 } };
    expect(looks(1, () => split(50, { assignment: 'by-key', keys })).hold).toBeUndefined();
  });
});

describe('a share that chance explains', () => {
  it('holds nothing: per request, in 40 streams of 200 blocks', () => {
    for (let run = 0; run < 40; run += 1) {
      const random = seededRandom(20_263_161 + run * 7_919);
      const verdict = looks(200, () => {
        const n = 5 + Math.floor(40 * random());
        const canary = binomialCount(random, n, 0.1);
        return { ...perRequest, drawn: { canary, stable: n - canary }, canary: tallyOf(0), stable: tallyOf(0) };
      });
      expect(verdict.hold).toBeUndefined();
    }
  });

  it('holds nothing: a sticky key with a fifth of the traffic on the canary', () => {
    const keys: KeyReading = {
      ...oneAddress,
      squares: 0.05,
      heaviest: { kind: 'consumer', name: 'acme', requests: 100 },
    };
    expect(looks(60, () => split(140, { assignment: 'by-key', keys })).hold).toBeUndefined();
  });
});
