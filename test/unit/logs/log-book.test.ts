import { describe, expect, it } from 'vitest';
import { LogBook } from '../../../src/logs/counting/log-book.ts';
import type { LogSpan, LogsTaken, WatchedVersions } from '../../../src/logs/counting/take-logs.ts';
import { logLineOf } from '../../support/log-line.ts';

const T0 = 1_800_000_000_000;
const WATCHED: WatchedVersions = { stable: 'v1', canary: 'v2', epoch: 3, since: T0 - 60_000 };

/** A span of 5 s that ends `ms` after the start. */
function span(ms: number, epoch = 3): LogSpan {
  return { epoch, startedAt: T0 + ms - 5_000, endsAt: T0 + ms };
}

function bookWatching(watched = WATCHED) {
  const book = new LogBook();
  const take = (now: number, spans: readonly LogSpan[], taken: LogsTaken | null = null, of = watched) => {
    book.begin({ route: 'shop', watched: of }, T0 + now);
    return book.take({ route: 'shop', watched: of, spans, taken }, T0 + now);
  };
  const first = take(0, []).taken;
  const add = (now: number, version: string | null, parts: Parameters<typeof logLineOf>[0] = {}) =>
    book.add('shop', logLineOf(parts), version, T0 + now).outcome;
  return { book, take, add, first };
}

const linesIn = ({ pairs }: ReturnType<LogBook['take']>) =>
  pairs.map(({ stable, canary }) => [stable?.lines ?? null, canary?.lines ?? null]);

describe('the lines of a route', () => {
  it('count for the version that they name, in the block of their time', () => {
    const { add, take, first } = bookWatching();
    expect([add(1_000, 'v1'), add(2_000, 'v2'), add(7_000, 'v2'), add(7_100, 'v2', { at: T0 + 4_000 })]).toEqual(
      Array(4).fill('counted'),
    );
    expect(linesIn(take(10_000, [span(5_000), span(10_000)], first))).toEqual([
      [1, 2],
      [0, 1],
    ]);
  });

  it('are left out where no version of the rollout is theirs, and where nothing watches', () => {
    const { add, book } = bookWatching();
    expect([add(1, 'v3'), add(1, null), book.add('other', logLineOf(), 'v1', T0).outcome]).toEqual([
      'unknown-version',
      'unknown-version',
      'unwatched',
    ]);
    expect(add(130_000, 'v1')).toBe('unwatched');
  });

  it('are taken once: again by a look that is repeated, and not after a cursor that has them', () => {
    const { add, take, first } = bookWatching();
    add(1_000, 'v1');
    const look = take(5_000, [span(5_000)], first);
    expect(linesIn(look)).toEqual([[1, null]]);
    add(6_000, 'v1');
    const repeated = take(10_000, [span(5_000), span(10_000)], first);
    expect(linesIn(repeated)).toEqual([
      [1, null],
      [1, null],
    ]);
    expect(linesIn(take(15_000, [span(15_000)], repeated.taken))).toEqual([[0, null]]);
  });

  it('of a block that was given already count in the next one of the same split, and of no other', () => {
    const { add, take, first } = bookWatching();
    const look = take(5_000, [span(5_000)], first);
    add(6_000, 'v1', { at: T0 + 4_000 });
    const next = take(10_000, [span(10_000)], look.taken);
    expect(linesIn(next)).toEqual([[1, null]]);
    add(11_000, 'v1', { at: T0 + 9_000 });
    const split = { ...WATCHED, epoch: 4, since: T0 + 10_000 };
    expect(linesIn(take(15_000, [span(15_000, 4)], next.taken, split))).toEqual([[0, null]]);
  });

  it('that come long after they were written are late; a clock that is ahead is not believed', () => {
    const { add, take, first } = bookWatching();
    expect(add(1_000, 'v1', { at: T0 - 60_000 })).toBe('late');
    expect(add(1_000, 'v2', { at: T0 + 3_600_000 })).toBe('counted');
    expect(linesIn(take(5_000, [span(5_000)], first))).toEqual([[0, 1]]);
  });

  it('are nothing, not none, where a version has never spoken, and where it fell silent', () => {
    const { add, take, first } = bookWatching();
    for (let at = 0; at < 5_000; at += 1_000) add(at, 'v1');
    let look = take(5_000, [span(5_000)], first);
    expect(linesIn(look)).toEqual([[5, null]]);
    look = take(10_000, [span(10_000)], look.taken);
    expect(linesIn(look)).toEqual([[0, null]]);
    look = take(15_000, [span(15_000)], look.taken);
    expect(linesIn(look)).toEqual([[null, null]]);
  });

  it('are none, for as long as its sender is there', () => {
    const { book, take, first } = bookWatching();
    book.alive('shop', 'v2', T0 + 4_000);
    expect(linesIn(take(5_000, [span(5_000)], first))).toEqual([[null, 0]]);
  });

  it('of a time of which some were not read are incomplete, again where a look is repeated', () => {
    const { book, add, take, first } = bookWatching();
    add(1_000, 'v1');
    add(9_000, 'v2');
    book.missed('shop', T0 + 8_000, T0 + 9_000);
    const spans = [span(5_000), span(10_000)];
    const isIncomplete = ({ pairs }: ReturnType<LogBook['take']>) => pairs.map(({ incomplete }) => incomplete);
    const look = take(10_000, spans, first);
    expect([isIncomplete(look), linesIn(look)[1]]).toEqual([
      [undefined, true],
      [0, 1],
    ]);
    const repeated = take(11_000, spans, first);
    expect(isIncomplete(repeated)).toEqual([undefined, true]);
    expect(isIncomplete(take(15_000, [span(15_000)], repeated.taken))).toEqual([undefined]);
  });

  it('of a time without blocks yet are incomplete in the next one', () => {
    const { book, take, first } = bookWatching();
    const look = take(5_000, [span(5_000)], first);
    book.missed('shop', T0 + 3_000, T0 + 4_000);
    expect(take(10_000, [span(10_000)], look.taken).pairs).toEqual([{ stable: null, canary: null, incomplete: true }]);
  });

  it('begin anew with another rollout', () => {
    const { add, take, first } = bookWatching();
    add(1_000, 'v1');
    const other = { ...WATCHED, canary: 'v3' };
    expect(linesIn(take(5_000, [span(5_000)], first, other))).toEqual([[null, null]]);
  });

  it('have bounded counts, and leave errors their places', () => {
    const { add, take, first } = bookWatching();
    const letters = (at: number) =>
      Array.from(String(at))
        .map((digit) => String.fromCharCode(97 + Number(digit)))
        .join('');
    for (let at = 0; at < 3_000; at++) {
      const fields = { [`field.${at}`]: at };
      add(1_000, 'v1', { level: 'info', message: `${letters(at)} ${letters(at + 7)}x y`, fields, call: `http h${at}` });
    }
    add(1_000, 'v1', { message: 'disk is full' });
    const [pair] = take(5_000, [span(5_000)], first).pairs;
    const stable = pair?.stable;
    expect(stable?.templates['error : disk is full']).toBe(1);
    expect(Object.keys(stable?.templates ?? {}).length).toBeLessThanOrEqual(151);
    expect([Object.keys(stable?.fields ?? {}).length, Object.keys(stable?.calls ?? {}).length]).toEqual([200, 100]);
    expect(stable?.other.fields).toBe(2_800);
    expect(stable?.lines).toBe(3_001);
  });
});

describe('templates beyond what is told apart', () => {
  it('leave room to the one that comes again and again, and are counted', () => {
    const { add, take, first } = bookWatching();
    const letters = (at: number) => String(at).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));
    for (let at = 0; at < 1_000; at++) {
      add(1_000, 'v2', { level: 'error', message: letters(at) });
      if (at > 400 && at % 33 === 0) add(1_000, 'v2', { level: 'error', message: 'ledger write failed' });
    }
    const [pair] = take(5_000, [span(5_000)], first).pairs;
    const { templates = {}, other, lines } = pair?.canary ?? {};
    const [, count] = Object.entries(templates).find(([name]) => name.endsWith('ledger write failed')) ?? [];
    expect(count).toBe(18);
    const named = Object.values(templates).reduce((sum, each) => sum + each, 0);
    expect(named + (other?.templates ?? 0)).toBe(lines);
  });
});
