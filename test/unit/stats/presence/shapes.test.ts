import { describe, expect, it } from 'vitest';
import type { PlaceShape } from '../../../../src/stats/answers/shape-counts.ts';
import { stepShapes } from '../../../../src/stats/presence/close-shapes.ts';
import {
  moveShapes,
  NO_SHAPES,
  type ShapeBet,
  type ShapeEvidence,
} from '../../../../src/stats/presence/shape-evidence.ts';
import { risenSlots } from '../../../../src/stats/presence/shape-slots.ts';
import { differingSlots, LN_ALONE, logOfPresences, MOST_SLOTS } from '../../../../src/stats/presence/slots.ts';

const BET: ShapeBet = { cap: 7.5, phi: 1, past: 'learnt', steps: 3 };
const PLACE = 'GET /orders/{id} 2xx';

function answersOf(answers: number, facts: Readonly<Record<string, number>> = {}): PlaceShape {
  const always = { 'present ': answers, 'object ': answers, 'present /id': answers, 'string /id': answers };
  return { answers, facts: { ...always, 'present /amount': answers, 'integer /amount': answers, ...facts } };
}

function run(
  blocks: number,
  canary: PlaceShape,
  stable: PlaceShape,
  { from = 0, before = NO_SHAPES, bet = BET }: { from?: number; before?: ShapeEvidence; bet?: ShapeBet } = {},
): ShapeEvidence {
  let evidence = before;
  for (let block = 0; block < blocks; block += 1) {
    const startedAt = (from + block) * 5_000;
    const given = { startedAt, durationMs: 5_000, epoch: 1, bps: 1_000, gone: [] };
    evidence = stepShapes(evidence, { ...given, canary: { [PLACE]: canary }, stable: { [PLACE]: stable } }, bet);
  }
  return evidence;
}

const without = (answers: number, name: string): PlaceShape => {
  const { answers: _, facts } = answersOf(answers);
  return { answers, facts: Object.fromEntries(Object.entries(facts).filter(([fact]) => !fact.endsWith(name))) };
};

describe('presence rates of the facts of answers', () => {
  it('find a field that is gone in three blocks of 30 s, and nothing else', () => {
    const known = run(6, answersOf(10), answersOf(90));
    expect(risenSlots(known)).toEqual([]);
    const evidence = run(18, without(10, '/amount'), answersOf(90), { from: 6, before: known });
    const [slot, ...others] = differingSlots(risenSlots(evidence));
    expect(others).toEqual([]);
    expect(slot).toMatchObject({ place: PLACE, fact: { trait: 'present', path: '/amount' }, side: 'missing' });
    expect(slot?.rise).toMatchObject({ since: 60_000, nc: 180, xc: 0, ns: 1_620, xs: 1_620 });
    expect(slot?.logE).toBeGreaterThan(LN_ALONE);
  });

  it('are a share of the answers in which the parent is an object: what is in a lost object is not lost again', () => {
    const whole = { 'present /a': 90, 'object /a': 90, 'present /a/b': 90, 'string /a/b': 90 };
    const known = run(
      6,
      answersOf(10, { 'present /a': 10, 'object /a': 10, 'present /a/b': 10 }),
      answersOf(90, whole),
    );
    const evidence = run(18, answersOf(10), answersOf(90, whole), { from: 6, before: known });
    expect(differingSlots(risenSlots(evidence)).map(({ fact }) => fact.path)).toEqual(['/a']);
  });

  it('say nothing of what is first seen in a block until the next', () => {
    const known = run(6, answersOf(10), answersOf(90));
    const added = answersOf(10, { 'present /new': 10, 'string /new': 10 });
    const first = run(6, added, answersOf(90), { from: 6, before: known });
    expect(risenSlots(first)).toEqual([]);
    const evidence = run(18, added, answersOf(90), { from: 12, before: first });
    expect(differingSlots(risenSlots(evidence))).toMatchObject([
      { fact: { trait: 'present', path: '/new' }, side: 'extra' },
    ]);
  });

  it('find in 1 % of the answers what all of the stable have, and no shift of what is optional', () => {
    const stable = answersOf(9_000, { 'present /rare': 30, 'string /rare': 30, 'present /often': 4_000 });
    const canary = (amount: number) =>
      answersOf(1_000, { 'present /rare': 4, 'string /rare': 4, 'present /often': 450, 'present /amount': amount });
    const known = run(6, canary(1_000), stable);
    expect(
      risenSlots(run(100, canary(1_000), stable, { from: 6, before: known })).filter(({ logE }) => logE > 1),
    ).toEqual([]);
    const evidence = run(12, canary(990), stable, { from: 6, before: known });
    expect(differingSlots(risenSlots(evidence)).map(({ fact }) => fact)).toEqual([
      { trait: 'present', path: '/amount' },
    ]);
  });

  it('end a block at a change of the split, and are JSON whose instants can be moved', () => {
    const before = run(6, answersOf(10), answersOf(90));
    const half = run(2, without(10, '/amount'), answersOf(90), { from: 6, before });
    expect(half.filling).toMatchObject({ from: 30_000, ms: 10_000 });
    const other = { startedAt: 40_000, durationMs: 5_000, epoch: 2, bps: 5_000, canary: null, stable: null, gone: [] };
    const changed = stepShapes(half, other, BET);
    expect(changed).toMatchObject({ at: 40_000, epoch: 1, filling: { from: 40_000, ms: 5_000, epoch: 2 } });
    expect(JSON.parse(JSON.stringify(changed))).toEqual(changed);
    expect(moveShapes(changed, 1_000)).toMatchObject({
      at: 41_000,
      filling: { from: 41_000 },
      onset: { startedAt: 1_000 },
    });
  });

  it('keep the state of many facts small', () => {
    const many = (answers: number): PlaceShape => {
      const names = Array.from({ length: 600 }, (_, index) => `/customer/address/line${index}`);
      return {
        answers,
        facts: Object.fromEntries(
          names.flatMap((name) => [`present ${name}`, `string ${name}`].map((fact) => [fact, answers])),
        ),
      };
    };
    const evidence = run(12, many(10), many(90));
    expect(evidence.masses.length).toBeLessThan(5);
    expect(JSON.stringify(evidence).length / 1_200).toBeLessThan(70);
  });
});

describe('the common evidence of all slots', () => {
  it('is 1 before the first bet, and needs as much more as there are slots', () => {
    expect(logOfPresences([], 1)).toBe(0);
    expect(logOfPresences([Math.log(1e7)], 0.5)).toBeCloseTo(Math.log(1e7 / MOST_SLOTS + 0.5), 3);
  });

  it('forget what is not counted any more, and give its processes to what comes next', () => {
    const junk: PlaceShape = { answers: 10, facts: { ...answersOf(10).facts, 'present /junk': 10 } };
    const known = run(20, junk, { ...junk, answers: 90, facts: { ...answersOf(90).facts, 'present /junk': 90 } });
    const gone = [{ place: PLACE, text: 'present /junk' }];
    const block = { startedAt: 100_000, durationMs: 5_000, epoch: 1, bps: 1_000, gone };
    const without = stepShapes(known, { ...block, canary: { [PLACE]: junk }, stable: null }, BET);
    expect(without.places[0]?.facts).not.toContain('present /junk');
    expect(without.places[0]?.past).toHaveLength(without.places[0]?.facts.length ?? 0);
    expect(without.free).toHaveLength(1);
    const [freed] = without.free ?? [];
    expect(without.masses[freed?.missing ?? -1]).toBeDefined();
    const next = run(7, { answers: 10, facts: { ...answersOf(10).facts, 'present /new': 10 } }, answersOf(90), {
      from: 21,
      before: without,
    });
    expect(next.free).toBeUndefined();
    const at = next.places[0]?.facts.indexOf('present /new') ?? -1;
    expect(next.places[0]?.missing[at]).toBeGreaterThanOrEqual(0);
    expect(JSON.parse(JSON.stringify(next))).toEqual(next);
  });

  it('find no difference in what clients left that had seen who answers', () => {
    // Of ten answers of each version nine have it, and of the canary's clients those with it go away.
    const having = (answers: number, having: number): PlaceShape => {
      const { facts } = answersOf(answers);
      return { answers, facts: { ...facts, 'present /f': having, 'integer /f': having } };
    };
    const stable = having(90, 81);
    const before = run(24, having(10, 9), stable);
    const told = (canary: PlaceShape) =>
      risenSlots(run(60, canary, stable, { from: 24, before })).filter(({ logE }) => logE > Math.log(20));
    const selected = having(2, 1);
    expect(told(selected).map(({ fact, side }) => `${side} ${fact.path}`)).toContain('missing /f');
    expect(told({ ...selected, left: 8 })).toEqual([]);
    // A loss is found, although as many leave of both.
    const lost = run(60, { ...having(10, 0), left: 1 }, { ...stable, left: 9 }, { from: 24, before });
    expect(risenSlots(lost).find(({ fact, logE }) => fact.path === '/f' && logE > LN_ALONE)).toBeDefined();
    const rare = having(90, 0);
    const extra = (left: number) =>
      risenSlots(run(60, { ...having(10, 5), left }, rare, { from: 24, before: run(24, having(10, 0), rare) }));
    expect(extra(0).find(({ fact }) => fact.path === '/f')?.side).toBe('extra');
  });
});
