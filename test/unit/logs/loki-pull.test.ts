import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lokiClient } from '../../../src/logs/pull/loki-client.ts';
import { LokiPull, type LokiPullOptions } from '../../../src/logs/pull/loki-pull.ts';
import type { LogReceipt } from '../../../src/logs/thread/log-intake.ts';
import { loki } from '../../../src/logs/ways/loki.ts';
import type { PageRead } from '../../../src/logs/ways/way.ts';
import { httpClient } from '../../../src/metrics/http.ts';
import { type ToyLoki, toyLoki } from '../../support/toy-loki.ts';

const T0 = 1_800_000_000_000;
const SIGNAL = new AbortController().signal;

let server: ToyLoki;
/** Both clocks. */
let now: number;
let seen: string[];
let failures: string[];
let skipped: number[];
/** Since when lines were said to be left unread. */
let missed: number[];
let isWatched: boolean;
let isBusy: boolean;

beforeEach(async () => {
  server = await toyLoki();
  [now, seen, failures, skipped, missed, isWatched, isBusy] = [T0, [], [], [], [], true, false];
});
afterEach(() => server.close());

function pullOf(parts: Partial<LokiPullOptions> = {}, maxAnswerBytes = 1_048_576, timeoutMs = 20_000): LokiPull {
  const lookup = () => {};
  const endpoint = { url: server.url, timeoutMs, maxAnswerBytes, headers: {}, tls: {}, lookup };
  return new LokiPull({
    route: 'shop',
    query: '{app="shop"}',
    versionLabel: null,
    everyMs: 5_000,
    settleMs: 2_000,
    limit: 10,
    client: lokiClient(httpClient(endpoint)),
    isWatched: () => isWatched,
    onFailure: (reason) => failures.push(reason),
    onSkipped: (ms) => skipped.push(ms),
    clock: { wall: () => now, steady: () => now },
    sink: {
      alive: () => {},
      missed: (_, from) => missed.push(from),
      async give({ bytes, page }): Promise<LogReceipt> {
        if (isBusy) return { kind: 'busy', retryAfterMs: 1_000 };
        let read: PageRead | undefined;
        const tell = {
          wants: () => true,
          unread: () => {},
          line: ({ message }: { message: string }) => seen.push(message),
          fault: (kind: string) => seen.push(kind),
          page: (one: PageRead) => {
            read = one;
          },
        };
        try {
          loki.read(Buffer.from(bytes), tell, page);
        } catch (error) {
          return { kind: 'unreadable', reason: String(error) };
        }
        return { kind: 'read', totals: [], ...(read ? { page: read } : {}) };
      },
    },
    ...parts,
  });
}

/** Lines of an app, so many ns after an instant. */
function push(atMs: number, texts: readonly string[], apartNs = 1, labels = { app: 'shop', version: 'v1' }): void {
  const from = BigInt(atMs) * 1_000_000n;
  server.push(...texts.map((text, at) => ({ at: from + BigInt(at * apartNs), labels, text })));
}

const numbered = (count: number, name = 'line') => Array.from({ length: count }, (_, at) => `${name} ${at}`);

async function after(pull: LokiPull, ms: number): Promise<void> {
  now += ms;
  await pull.look(SIGNAL);
}

describe('lines that are fetched from Loki', () => {
  it('come once each, whatever their instants and the borders of the answers are', async () => {
    const pull = pullOf();
    push(T0 - 30_000, numbered(37));
    // Instants with several lines, of which some are at the border of an answer.
    for (const at of [0, 1, 2, 3, 4, 5, 6]) push(T0 - 20_000 + at, numbered(1 + (at % 4), `of ${at}`), 0);
    await pull.look(SIGNAL);
    const all = [...numbered(37), ...[0, 1, 2, 3, 4, 5, 6].flatMap((at) => numbered(1 + (at % 4), `of ${at}`))];
    expect(seen.toSorted()).toEqual(all.toSorted());
    push(T0 - 1_000, ['too young']);
    push(T0 + 1_000, ['young'], 1);
    await after(pull, 4_000);
    expect(seen).toHaveLength(all.length);
    await after(pull, 2_000);
    expect(seen.slice(all.length)).toEqual(['too young', 'young']);
    await after(pull, 5_000);
    expect(seen).toHaveLength(all.length + 2);
    expect([failures, skipped, pull.fetched().fault]).toEqual([[], [], null]);
    const words = server.asked.map(({ words: asked }) => asked);
    expect(words.every((asked) => asked.get('direction') === 'forward' && asked.get('limit') === '10')).toBe(true);
  });

  it('are lost to nobody where Loki fails for a moment, and given up where it fails for long', async () => {
    const pull = pullOf();
    await pull.look(SIGNAL);
    server.instead = (_, response) => response.writeHead(429).end('too many outstanding requests\n');
    push(T0, ['before']);
    await after(pull, 5_000);
    expect([pull.fetched().fault, server.asked.length]).toEqual([null, 2]);
    // It is tried again later and later.
    await after(pull, 4_000);
    expect(server.asked).toHaveLength(2);
    server.instead = null;
    await after(pull, 1_000);
    expect(seen).toEqual(['before']);

    server.instead = (_, response) => response.writeHead(503).end('<html>');
    push(now, ['in between']);
    for (let at = 0; at < 40; at++) await after(pull, 1_000);
    expect(pull.fetched()).toEqual({ from: 'Loki', fault: 'Loki answered 503' });
    expect(failures).toEqual(['Loki answered 503']);
    server.instead = null;
    push(now + 56_000, ['afterwards']);
    await after(pull, 60_000);
    expect([pull.fetched().fault, seen, skipped.length]).toEqual([null, ['before', 'afterwards'], 1]);
    expect(skipped[0]).toBeGreaterThan(30_000);
    expect(missed.length).toBeGreaterThan(0);
  });

  it.each([
    ['refuses the query', '{app=~"x"}', 'Loki answered 400: parse error at line 1, col 2'],
    ['has a smaller limit', '{app="shop"}', 'Loki answered 400: max entries limit per query exceeded, limit > max_ent'],
  ])('are not there, at once, where it %s', async (_, query, why) => {
    await server.close();
    server = await toyLoki({ mostEntries: 5 });
    const pull = pullOf({ query, limit: query.includes('~') ? 5 : 10 });
    await pull.look(SIGNAL);
    expect(pull.fetched().fault).toContain(why);
  });

  it('are not there where nobody answers, or something else does', async () => {
    const pull = pullOf();
    server.instead = (_, response) => response.end('<html>hello</html>');
    await pull.look(SIGNAL);
    expect(pull.fetched().fault).toMatch(/^Loki gave an answer that cannot be read: .*it is no answer of Loki/);
    server.instead = () => {};
    const hasty = pullOf({}, 1_048_576, 300);
    await hasty.look(SIGNAL);
    expect(hasty.fetched().fault).toBe('Loki did not answer within 300 ms');
    await server.close();
    await after(pull, 60_000);
    expect(pull.fetched().fault).toMatch(/^Loki did not answer: /);
    server = await toyLoki();
  });

  it('are asked for in smaller parts where an answer is too large', async () => {
    const pull = pullOf({ limit: 100 }, 4_000);
    push(T0 - 10_000, numbered(60, 'x'.repeat(100)), 1_000);
    await pull.look(SIGNAL);
    expect([seen.length, pull.fetched().fault]).toEqual([60, null]);
    expect(server.asked.map(({ words }) => words.get('limit')).slice(0, 2)).toEqual(['100', '25']);
  });

  it('are more than are read: that is said, and the rest is given up until it keeps pace again', async () => {
    const pull = pullOf();
    // Ten answers of ten lines are read at a time.
    push(T0 - 30_000, numbered(4_000), 10_000_000);
    await pull.look(SIGNAL);
    expect(seen.length).toBeLessThanOrEqual(100);
    for (let at = 0; at < 40; at++) {
      push(now, numbered(1_000), 1_000_000);
      await after(pull, 1_000);
    }
    expect(pull.fetched().fault).toMatch(/^Loki has more lines than Serin reads/);
    expect(failures).toHaveLength(1);
    const read = seen.length;
    for (let at = 0; at < 20; at++) await after(pull, 1_000);
    expect(pull.fetched().fault).toBeNull();
    expect(skipped).toHaveLength(1);
    expect(seen.length - read).toBeLessThanOrEqual(2_100);
  });

  it('are more of one instant than an answer has', async () => {
    const pull = pullOf();
    push(T0 - 10_000, numbered(11), 0);
    push(T0 - 9_000, ['next']);
    await pull.look(SIGNAL);
    expect([seen.length, seen.at(-1)]).toEqual([11, 'next']);
    expect(pull.fetched().fault).toMatch(/^Loki has 10 lines or more of one instant/);
    await after(pull, 5_000);
    expect(pull.fetched().fault).toBeNull();
  });

  it('wait while no more may be read', async () => {
    const pull = pullOf();
    push(T0 - 10_000, ['x']);
    isBusy = true;
    await pull.look(SIGNAL);
    expect([seen, pull.fetched().fault]).toEqual([[], null]);
    isBusy = false;
    await after(pull, 1_000);
    expect(seen).toEqual(['x']);
  });

  it('are asked for seldom, and for one line, while no rollout is judged by them', async () => {
    isWatched = false;
    const pull = pullOf();
    push(T0 - 30_000, numbered(20));
    await pull.look(SIGNAL);
    await after(pull, 30_000);
    expect(server.asked.map(({ words }) => [words.get('limit'), words.get('direction')])).toEqual([['1', 'backward']]);
    isWatched = true;
    push(now - 10_000, ['of the rollout']);
    await after(pull, 1_000);
    expect(seen).toEqual(['line 19', 'of the rollout']);
  });
});
