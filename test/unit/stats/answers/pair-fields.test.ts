import { describe, expect, it } from 'vitest';
import type { AnswerPairs, FieldPairs } from '../../../../src/stats/answers/answer-pairs.ts';
import { logPairs } from '../../../../src/stats/answers/pair-bets.ts';
import {
  movePairs,
  NO_PAIRS,
  type PairEvidence,
  placeOfField,
  stepPairFields,
} from '../../../../src/stats/answers/pair-fields.ts';

const ORDERS = 'GET /orders/{id} 2xx';
const BET = { startedAt: 0, endsAt: 5_000, epoch: 1, margin: { rho: 1.1, a: 0.001 }, cap: 7.5, steps: 4 };

function block(of: number, fields: Readonly<Record<string, FieldPairs>>): AnswerPairs {
  const named = Object.entries(fields).map(([path, counts]) => [`${ORDERS} ${path}`, counts]);
  return { compared: of, unusable: 1, places: { [ORDERS]: of }, fields: Object.fromEntries(named) };
}

function after(blocks: readonly AnswerPairs[], isAsked: (name: string) => boolean = () => true): PairEvidence {
  return blocks.reduce(
    (evidence, pairs, index) =>
      stepPairFields(evidence, pairs, { ...BET, startedAt: index * 5_000, endsAt: (index + 1) * 5_000, isAsked }),
    NO_PAIRS,
  );
}

const always = { differs: 5, noise: 0, both: 0 };

describe('fields that differ', () => {
  it('are learnt of in their first block, and bet from the next one on', () => {
    const first = after([block(5, { '/total': always })]);
    expect(first.fields).toMatchObject([
      { name: `${ORDERS} /total`, kind: 'changed', firstSeen: 5_000, of: 5, differs: 5, noise: 0 },
    ]);
    expect(logPairs(first.fields[0]?.test ?? NEVER)).toBe(0);
    const second = after([block(5, { '/total': always }), block(5, { '/total': always })]);
    expect(logPairs(second.fields[0]?.test ?? NEVER)).toBeGreaterThan(1.5);
    expect(second).toMatchObject({ compared: 10, unusable: 2, fields: [{ of: 10, differs: 10 }] });
  });

  it('are not looked at while the stable differs from itself as often', () => {
    const timestamps = block(5, { '/at': { differs: 5, noise: 5, both: 5 } });
    expect(after([timestamps, timestamps]).fields).toEqual([]);
  });

  it('lose evidence in a block of their place in which they do not differ', () => {
    const noisy = block(5, { '/total': { differs: 1, noise: 0, both: 0 } });
    const value = (blocks: readonly AnswerPairs[]) => logPairs(after(blocks).fields[0]?.test ?? NEVER);
    expect(value([noisy, noisy, block(500, {})])).toBeLessThan(value([noisy, noisy]));
    const elsewhere = { ...block(500, {}), places: { 'GET / 2xx': 500 } };
    expect(value([noisy, noisy, elsewhere])).toBe(value([noisy, noisy]));
  });

  it('are apart where the canary alone has them', () => {
    const { fields } = after([block(5, { '/new': { differs: 5, noise: 0, both: 0, added: 5 } })]);
    expect(fields).toMatchObject([{ kind: 'added', differs: 5, removed: 0 }]);
    const mixed = after([block(5, { '/x': { differs: 5, noise: 0, both: 0, added: 2, removed: 2, retyped: 1 } })]);
    expect(mixed.fields).toMatchObject([
      { kind: 'changed', differs: 3, removed: 2, retyped: 1 },
      { kind: 'added', differs: 2 },
    ]);
  });

  it('are left out where the policy does not ask for them', () => {
    expect(after([block(5, { '/total': always })], (name) => !name.endsWith('/total')).fields).toEqual([]);
  });

  it('begin in the order of how much they differ', () => {
    const little = { differs: 1, noise: 0, both: 0 };
    const { fields } = after([block(5, { '/a': little, '/b': always })]);
    expect(fields.map(({ name }) => name)).toEqual([`${ORDERS} /b`, `${ORDERS} /a`]);
  });

  it('move with the clock, and are plain JSON', () => {
    const evidence = after([block(5, { '/total': always }), block(5, {})]);
    expect(movePairs(evidence, -1_000)).toMatchObject({ onset: { startedAt: -1_000 }, fields: [{ firstSeen: 4_000 }] });
    expect(movePairs(NO_PAIRS, 5)).toEqual(NO_PAIRS);
    expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
  });

  it('say where they are', () => {
    expect(placeOfField('GET /orders/{id} 2xx /a b/c 2xx')).toEqual({ place: ORDERS, path: '/a b/c 2xx' });
    expect(placeOfField('other 5xx status')).toEqual({ place: 'other 5xx', path: 'status' });
  });
});

const NEVER = { spent: 0, logMass: [] };
