import { describe, expect, it } from 'vitest';
import { type ConsumerChange, changeList, isEffective } from '../../../src/consumers/change-list.ts';
import type { Consumer } from '../../../src/consumers/consumer.ts';
import type { ImportedConsumer, ListCommand } from '../../../src/consumers/list-command.ts';
import { tellChange } from '../../../src/consumers/told-change.ts';
import { Problem } from '../../../src/problem/problem.ts';

const consumer = (name: string, more: Partial<Consumer> = {}): Consumer => ({
  name,
  keyHash: `hash of ${name}`,
  rule: 'stable',
  group: null,
  wave: null,
  due: null,
  contact: null,
  ...more,
});
const filed = (name: string, more: Partial<ImportedConsumer> = {}): ImportedConsumer => {
  const { rule: _, ...said } = consumer(name);
  return { ...said, ...more };
};

const LIST = [
  consumer('acme', { group: 'beta', wave: 1 }),
  consumer('globex', { group: 'beta', wave: 2, rule: 'canary' }),
  consumer('initech', { group: 'beta', wave: 2 }),
  consumer('umbrella', { due: '2027-03-01' }),
];

/** Of those that change: their rule before and after. */
function rules(command: ListCommand, list: readonly Consumer[] = LIST) {
  const changes = changeList('shop', list, command).filter(isEffective);
  return Object.fromEntries(
    changes.map(({ name, before, after }) => [name, [before?.rule ?? null, after?.rule ?? null]]),
  );
}

function refusal(command: ListCommand, list: readonly Consumer[] = LIST): Problem {
  try {
    changeList('shop', list, command);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a move', () => {
  it('is of a wave, of a group, of a share of it, or of names', () => {
    expect(rules({ kind: 'move', who: { by: 'wave', wave: 2 }, to: 'canary' })).toEqual({
      initech: ['stable', 'canary'],
    });
    expect(rules({ kind: 'move', who: { by: 'group', group: 'beta' }, to: 'by-weight' })).toEqual({
      acme: ['stable', 'by-weight'],
      globex: ['canary', 'by-weight'],
      initech: ['stable', 'by-weight'],
    });
    expect(rules({ kind: 'move', who: { by: 'names', names: ['umbrella', 'globex'] }, to: 'canary' })).toEqual({
      umbrella: ['stable', 'canary'],
    });
    // One of three has it already.
    expect(rules({ kind: 'move', who: { by: 'share', group: 'beta', shareBps: 3_000 }, to: 'canary' })).toEqual({});
    expect(rules({ kind: 'move', who: { by: 'share', group: 'beta', shareBps: 0 }, to: 'canary' })).toEqual({
      globex: ['canary', 'stable'],
    });
  });

  it('says whom there is where nobody is meant', () => {
    const sentence = (who: Extract<ListCommand, { kind: 'move' }>['who']) =>
      refusal({ kind: 'move', who, to: 'canary' }).message;
    expect(sentence({ by: 'wave', wave: 7 })).toBe('route shop lists nobody in wave 7: its waves are 1, 2');
    expect(sentence({ by: 'group', group: 'gold' })).toBe('route shop lists nobody in group gold: its groups are beta');
    expect(sentence({ by: 'names', names: ['acne', 'x', 'acme'] })).toBe(
      'route shop lists no consumer acne and 1 more of those that were named; did you mean acme?',
    );
    expect(refusal({ kind: 'move', who: { by: 'wave', wave: 1 }, to: 'canary' }, []).message).toContain(
      'no consumer of it has one',
    );
    const elsewhere = { kind: 'move', who: { by: 'share', group: 'beta', shareBps: 1 }, to: 'stable' } as const;
    expect(refusal(elsewhere)).toMatchObject({ code: 'invalid-input' });
  });
});

describe('what is told of a change', () => {
  it('promises another version to nobody of whom only the policy to come knows', () => {
    const served = { stable: { url: 'http://127.0.0.1:9001', version: 'v1' }, rollout: null };
    const to = (name: string, before: Consumer | null, after: Consumer | null) => ({ name, before, after, why: 'x' });
    const listed = to('acme', null, consumer('acme'));
    const moved = to('globex', consumer('globex'), consumer('globex', { rule: 'canary' }));
    const says = (changes: readonly ConsumerChange[]) => tellChange('shop', served, changes).says[0];
    expect(says([listed])).toBe(
      '1 consumer of shop is changed. 1 consumer may get another version once rules count: that is up to the policy of then.',
    );
    expect(says([listed, moved])).toContain(
      '1 consumer gets another version once rules count, and not before. 1 consumer may',
    );
  });
});

describe('an import', () => {
  const importing = (consumers: readonly ImportedConsumer[], others: 'stay' | 'removed' = 'stay') =>
    ({ kind: 'import', consumers, others }) as const;

  it('lists new ones for the stable, moves nobody, and is the whole truth about group, wave, due date and contact', () => {
    const changes = changeList(
      'shop',
      LIST,
      importing([filed('globex', { keyHash: null, wave: 3 }), filed('stark', { group: 'beta' })]),
    );
    expect(changes.map(({ after }) => after)).toEqual([
      consumer('globex', { rule: 'canary', wave: 3 }),
      consumer('stark', { group: 'beta' }),
    ]);
  });

  it('leaves the others alone, or takes them off where it is asked to', () => {
    expect(rules(importing([filed('acme', { group: 'beta', wave: 1 })]))).toEqual({});
    expect(rules(importing([filed('acme', { group: 'beta', wave: 1 })], 'removed'))).toEqual({
      globex: ['canary', null],
      initech: ['stable', null],
      umbrella: ['stable', null],
    });
  });

  it('refuses the whole with the place of each fault', () => {
    const { issues } = refusal(
      importing([
        filed('acme'),
        filed('stark', { keyHash: null }),
        filed('wayne', { keyHash: 'hash of umbrella' }),
        filed('acme', { keyHash: 'other' }),
        filed('hooli', { keyHash: 'hash of acme' }),
      ]),
    );
    expect(issues).toEqual([
      { path: 'consumers[1]', message: 'stark is not listed yet: its credential is needed' },
      { path: 'consumers[2]', message: 'wayne has the same credential as umbrella' },
      { path: 'consumers[3]', message: 'acme is listed twice' },
      { path: 'consumers[4]', message: 'hooli has the same credential as acme' },
    ]);
    // Whose owner is gone, or has another one then, is free.
    expect(rules(importing([filed('wayne', { keyHash: 'hash of umbrella' })], 'removed'))).toHaveProperty('wayne');
    const swapped = [filed('acme', { keyHash: 'hash of globex' }), filed('globex', { keyHash: 'hash of acme' })];
    expect(Object.keys(rules(importing(swapped)))).toEqual(['acme', 'globex']);
  });

  it('lists at most 1,000, and a list that is longer can still shrink and be moved', () => {
    const many = Array.from({ length: 1_001 }, (_, at) => consumer(`c${at}`, { wave: 1 }));
    const { message } = refusal(importing([filed('one-more')]), many.slice(1));
    expect(message).toBe('a route lists at most 1,000 consumers, not 1001');
    expect(Object.keys(rules({ kind: 'move', who: { by: 'wave', wave: 1 }, to: 'canary' }, many))).toHaveLength(1_001);
  });
});

describe('one consumer', () => {
  it('keeps what is not said, and loses what is said to be nothing', () => {
    const [change] = changeList('shop', LIST, {
      kind: 'put',
      consumer: { name: 'acme', rule: 'canary', wave: null },
    });
    expect(change?.after).toEqual(consumer('acme', { rule: 'canary', group: 'beta', wave: null }));
    expect(refusal({ kind: 'put', consumer: { name: 'stark', rule: 'canary' } }).issues).toEqual([
      { path: 'key', message: 'is needed for a consumer that is not listed yet' },
    ]);
    expect(refusal({ kind: 'remove', name: 'stark' }).code).toBe('not-found');
  });
});
