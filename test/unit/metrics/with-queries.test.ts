import { describe, expect, it } from 'vitest';
import { matchersFor } from '../../../src/metrics/matchers.ts';
import type { QuerySource, Question, Taken } from '../../../src/metrics/queries/query-source.ts';
import type { Collected, CollectRequest, MetricsSource } from '../../../src/metrics/source.ts';
import { withQueries } from '../../../src/metrics/with-queries.ts';
import type { QueryCheck } from '../../../src/policy/checks/query-check.ts';
import { queryChecks } from '../../../src/policy/checks/query-check.ts';
import type { Block, Tally } from '../../../src/stats/block.ts';

const MINUTE = 60_000;
const NONE: Tally = { requests: 0, errors: 0, clientErrors: 0, latency: {} };
const signal = new AbortController().signal;

function blockOf(splitEpoch: number): Block {
  return {
    startedAt: 0,
    durationMs: 5_000,
    splitEpoch,
    canaryBps: 1_000,
    stable: NONE,
    canary: NONE,
    forced: { stable: NONE, canary: NONE },
    ruled: { stable: NONE, canary: NONE },
  };
}

const CPU = { query: 'cpu{version="{{version}}"}', worse: 'higher' };

function queriesOf(checks: Readonly<Record<string, object>>): Readonly<Record<string, QueryCheck>> {
  return queryChecks.parse(
    Object.fromEntries(Object.entries(checks).map(([name, more]) => [name, { ...CPU, ...more }])),
  );
}

function requestOf(more: Partial<CollectRequest> = {}): CollectRequest {
  return {
    route: 'payments',
    after: null,
    slowAfterMs: 1_000,
    versions: { stable: { url: 'http://a/', version: 'v1' }, canary: { url: 'http://b/', version: 'v2' } },
    split: { epoch: 3, canaryBps: 1_000, since: 0 },
    measure: { blockMs: 5_000, errorStatuses: ['5xx'] },
    queries: queriesOf({ cpu: {} }),
    ...more,
  };
}

/** A source of blocks that gives one look after the other, and remembers with which cursors it was asked. */
function scripted(...looks: readonly Collected[]): MetricsSource & { readonly asked: (string | null)[] } {
  const asked: (string | null)[] = [];
  return {
    name: 'scripted',
    asked,
    collect: ({ after }) => {
      asked.push(after);
      return Promise.resolve(looks[asked.length - 1] ?? { kind: 'unusable', reason: 'the script is over' });
    },
  };
}

const looks = (...epochs: readonly number[]): Collected => ({
  kind: 'blocks',
  blocks: epochs.map(blockOf),
  cursor: `after ${epochs.length}`,
});

/** Its value is the minute it was asked for, and one more for the canary. */
const minutes: QuerySource = {
  knows: 'past',
  take: ({ words, at }) => Promise.resolve({ kind: 'value', value: at / MINUTE + (words.track === 'canary' ? 1 : 0) }),
};

const answering = (answer: (question: Question) => Taken, knows: QuerySource['knows'] = 'past'): QuerySource => ({
  knows,
  take: (question) => Promise.resolve(answer(question)),
});

function seriesOf(collected: Collected): readonly (Block['series'] | undefined)[] {
  return collected.kind === 'blocks' ? collected.blocks.map(({ series }) => series) : [];
}

const cursorOf = (collected: Collected) => (collected.kind === 'blocks' ? collected.cursor : null);
const missingOf = (collected: Collected) => (collected.kind === 'blocks' ? collected.missing : undefined);

describe('a source of blocks with queries', () => {
  it('carries each value once, on one block of the split it was taken under', async () => {
    const inner = scripted(looks(2, 3, 3), looks(3));
    const source = withQueries(inner, { sources: new Map([['prometheus', minutes]]), now: () => 2.5 * MINUTE });
    const first = await source.collect(requestOf(), signal);
    expect(seriesOf(first)).toEqual([undefined, { cpu: { stable: 1, canary: 2 } }, { cpu: { stable: 2, canary: 3 } }]);
    const second = await source.collect(requestOf({ after: cursorOf(first) }), signal);
    expect(seriesOf(second)).toEqual([undefined]);
    expect(inner.asked).toEqual([null, 'after 3']);
  });

  it('keeps back what has no block yet, and pools nothing', async () => {
    const inner = scripted(looks(3), looks(2), looks(3, 3));
    const source = withQueries(inner, { sources: new Map([['prometheus', minutes]]), now: () => 3 * MINUTE });
    const values: unknown[] = [];
    let after: string | null = null;
    for (let look = 0; look < 3; look += 1) {
      const collected: Collected = await source.collect(requestOf({ after }), signal);
      values.push(seriesOf(collected).map((series) => series?.['cpu']?.stable));
      after = cursorOf(collected);
    }
    expect(values).toEqual([[1], [undefined], [2, 3]]);
  });

  it('asks nothing while nobody has seen the split applied', async () => {
    const source = withQueries(scripted(looks(3)), {
      sources: new Map([['prometheus', minutes]]),
      now: () => 9 * MINUTE,
    });
    const split = { epoch: 3, canaryBps: 1_000, since: null };
    expect(seriesOf(await source.collect(requestOf({ split }), signal))).toEqual([undefined]);
  });

  it('takes over a cursor of before there were queries, and gives it back when there are none', async () => {
    const inner = scripted(looks(3), looks(3));
    const source = withQueries(inner, { sources: new Map([['prometheus', minutes]]), now: () => MINUTE });
    const first = await source.collect(requestOf({ after: 'boot.7' }), signal);
    const second = await source.collect(requestOf({ after: cursorOf(first), queries: {} }), signal);
    expect(inner.asked).toEqual(['boot.7', 'after 1']);
    expect(cursorOf(second)).toBe('after 1');
  });

  it("tells the query the labels of each version's series", async () => {
    const asked: unknown[] = [];
    const labelled = answering(({ words }) => {
      asked.push(words.labels);
      return { kind: 'value', value: 1 };
    });
    const source = withQueries(scripted(looks(3)), {
      sources: new Map([['prometheus', labelled]]),
      labels: (route, track, version) => matchersFor({ job: route, pod: `${track}-{{version}}` }, version),
      now: () => MINUTE,
    });
    await source.collect(requestOf(), signal);
    const matchers = (pod: string) => [
      { label: 'job', operator: '=', value: 'payments' },
      { label: 'pod', operator: '=', value: pod },
    ];
    expect(asked).toEqual([matchers('stable-v1'), matchers('canary-v2')]);
  });

  it('hands on that the blocks are unusable', async () => {
    const collected: Collected = { kind: 'unusable', reason: 'down' };
    const source = withQueries(scripted(collected), { sources: new Map([['prometheus', minutes]]) });
    expect(await source.collect(requestOf(), signal)).toEqual(collected);
  });
});

describe('a value that is missing', () => {
  const empty = answering(({ words }) =>
    words.track === 'canary' ? { kind: 'nothing', reason: 'it selects nothing' } : { kind: 'value', value: 1 },
  );

  it('is null in its pair, and is said at every look until there is one', async () => {
    const inner = scripted(looks(3), looks(3), looks(3));
    let now = MINUTE;
    let source = withQueries(inner, { sources: new Map([['prometheus', empty]]), now: () => now });
    const first = await source.collect(requestOf(), signal);
    expect(seriesOf(first)).toEqual([{ cpu: { stable: 1, canary: null } }]);
    const says = 'cpu of the canary v2 has no value: it selects nothing';
    expect(missingOf(first)).toBe(says);
    const second = await source.collect(requestOf({ after: cursorOf(first) }), signal);
    expect([seriesOf(second), missingOf(second)]).toEqual([[undefined], says]);
    now = 2 * MINUTE;
    source = withQueries(inner, { sources: new Map([['prometheus', minutes]]), now: () => now });
    const third = await source.collect(requestOf({ after: cursorOf(second) }), signal);
    expect([seriesOf(third), missingOf(third)]).toEqual([[{ cpu: { stable: 2, canary: 3 } }], undefined]);
  });

  it('of a check that only reports holds nobody', async () => {
    const source = withQueries(scripted(looks(3)), { sources: new Map([['prometheus', empty]]), now: () => MINUTE });
    const collected = await source.collect(requestOf({ queries: queriesOf({ cpu: { dryRun: true } }) }), signal);
    expect(seriesOf(collected)).toEqual([{ cpu: { stable: 1, canary: null } }]);
    expect(missingOf(collected)).toBeUndefined();
  });

  it.each([
    ['of the canary before it gets any traffic', 0, 'canary'],
    ['of the stable once it gets none', 10_000, 'stable'],
  ] as const)('%s is not missed', async (_, canaryBps, silent) => {
    const one = answering(({ words }) =>
      words.track === silent ? { kind: 'nothing', reason: 'it selects nothing' } : { kind: 'value', value: 1 },
    );
    const source = withQueries(scripted(looks(3)), { sources: new Map([['prometheus', one]]), now: () => MINUTE });
    const collected = await source.collect(requestOf({ split: { epoch: 3, canaryBps, since: 0 } }), signal);
    expect(seriesOf(collected)).toEqual([{ cpu: { stable: 1, canary: 1, [silent]: null } }]);
    expect(missingOf(collected)).toBeUndefined();
  });

  it('because its source is down is asked for again, and the blocks come meanwhile', async () => {
    const inner = scripted(looks(3), looks(3, 3));
    const down = answering(() => ({ kind: 'unreachable', reason: 'it answered 503' }));
    const before = withQueries(inner, { sources: new Map([['prometheus', down]]), now: () => MINUTE });
    const first = await before.collect(requestOf(), signal);
    expect(seriesOf(first)).toEqual([undefined]);
    expect(missingOf(first)).toBe('cpu of the stable v1 has no value: it answered 503');
    const after = withQueries(inner, { sources: new Map([['prometheus', minutes]]), now: () => 2 * MINUTE });
    const second = await after.collect(requestOf({ after: cursorOf(first) }), signal);
    expect(seriesOf(second).map((series) => series?.['cpu']?.stable)).toEqual([1, 2]);
    expect(missingOf(second)).toBeUndefined();
  });

  it('of the past stays missing where the source knows the present only', async () => {
    const present = answering(({ at }) => ({ kind: 'value', value: at / MINUTE }), 'present');
    const source = withQueries(scripted(looks(3, 3, 3)), {
      sources: new Map([['prometheus', present]]),
      now: () => 3.5 * MINUTE,
    });
    expect(seriesOf(await source.collect(requestOf(), signal))).toEqual([
      undefined,
      undefined,
      { cpu: { stable: 3, canary: 3 } },
    ]);
  });

  it('of a source that nobody declared is said beside what else is missing', async () => {
    const partial: Collected = { kind: 'blocks', blocks: [blockOf(3)], cursor: 'x', missing: 'one replica is missing' };
    const source = withQueries(scripted(partial), { sources: new Map(), now: () => MINUTE });
    const collected = await source.collect(requestOf(), signal);
    expect(missingOf(collected)).toBe('one replica is missing; cpu: serin.yaml declares no source prometheus');
  });

  it('of one check costs no other its own', async () => {
    const sources = new Map([
      ['prometheus', minutes],
      ['other', empty],
    ]);
    const source = withQueries(scripted(looks(3)), { sources, now: () => MINUTE });
    const queries = queriesOf({ cpu: {}, queue: { source: 'other' } });
    const collected = await source.collect(requestOf({ queries }), signal);
    expect(seriesOf(collected)).toEqual([{ cpu: { stable: 1, canary: 2 }, queue: { stable: 1, canary: null } }]);
  });
});
