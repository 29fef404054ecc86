import { describe, expect, it } from 'vitest';
import { Brake } from '../../../src/gateway/measure/brake/brake.ts';
import { orderTo } from '../../support/gateway.ts';
import { seededRandom } from '../../support/random.ts';

const STABLE = 'http://stable.test';
const order = orderTo(STABLE, 'http://canary.test', { brakeAfter: 20 });

/** A brake under the order, with the stable's last 50 of which `failed` failed. */
function watching(failed = 0, seen = 50, clock = { now: 0 }): Brake {
  const brake = new Brake(() => clock.now);
  brake.follow(order);
  for (let answer = 0; answer < seen; answer++) brake.observe('stable', answer < failed ? 'failure' : 'success', null);
  return brake;
}

const failures = (brake: Brake, count: number, keyOf: (at: number) => number | null = () => null) =>
  Array.from({ length: count }, (_, at) => brake.observe('canary', 'failure', keyOf(at))).filter(
    (move) => move !== null,
  );

const toStable = (reason: string, blames: 'canary' | 'nobody' = 'canary') => [{ do: 'to-stable', reason, blames }];

describe('Brake', () => {
  it('trips once, at the 20th failure in a row', () => {
    const brake = watching();
    expect(failures(brake, 19)).toEqual([]);
    expect(failures(brake, 1)).toHaveLength(1);
    expect(failures(brake, 100)).toEqual([]);
  });

  it.each([
    ['one key', 10_000, () => 7, 0],
    ['four keys', 10_000, (at: number) => at % 4, 0],
    ['five keys', 20, (at: number) => at % 5, 1],
    ['four keys, and one request by itself', 20, (at: number) => (at === 3 ? null : at % 4), 1],
    ['one key, and three requests by themselves', 10_000, (at: number) => (at < 3 ? null : 7), 0],
  ])('counts %s in %i failures in a row as what they are', (_name, count, keyOf, trips) => {
    expect(failures(watching(), count, keyOf)).toHaveLength(trips);
  });

  it('waits for the fifth key, however long the row is by then, and says so', () => {
    const brake = watching();
    failures(brake, 500, (at) => at % 4);
    expect(failures(brake, 1, () => 4)).toEqual(
      toStable(
        "501 requests in a row, of at least 5 different keys, failed on the canary, while 50 of the stable's last 50 succeeded",
      ),
    );
  });

  it('forgets the keys of a row at a success', () => {
    const brake = watching();
    failures(brake, 100, (at) => at % 4);
    brake.observe('canary', 'success', 9);
    expect(failures(brake, 100, () => 4)).toEqual([]);
  });

  it('forgets the row at a success', () => {
    const brake = watching();
    failures(brake, 19);
    brake.observe('canary', 'success', null);
    expect(failures(brake, 19)).toEqual([]);
  });

  it.each([
    [5, 50, 1],
    [6, 50, 0],
    [50, 50, 0],
    [0, 44, 0],
    [0, 45, 1],
    [0, 0, 0],
  ])('with a stable that failed %i of the %i answers seen of it trips %i times', (failed, seen, trips) => {
    expect(failures(watching(failed, seen), 40)).toHaveLength(trips);
  });

  it('keeps what it knows of the stable across orders, unless it is another stable', () => {
    const brake = watching();
    brake.follow({ ...order, epoch: 2 });
    expect(failures(brake, 20)).toHaveLength(1);
    brake.follow({ ...order, epoch: 3, stable: { url: 'http://other.test', version: 'v2' } });
    expect(failures(brake, 20)).toEqual([]);
  });

  it.each([
    [{ brakeAfter: null }, 0],
    [{ canary: null }, 0],
    [{ brakeAfter: 5 }, 1],
  ])('follows an order with %j', (more, trips) => {
    const brake = watching();
    brake.follow({ ...order, ...more });
    expect(failures(brake, 19)).toHaveLength(trips);
  });
});

describe('false alarms of the brake, measured', () => {
  /** How often it trips in `requests` of which a tenth go to the canary and both versions fail alike. */
  function falseAlarms(requests: number, failsAt: (request: number, random: () => number) => boolean): number {
    const random = seededRandom(7);
    const brake = watching();
    let alarms = 0;
    for (let request = 0; request < requests; request++) {
      const track = random() < 0.1 ? 'canary' : 'stable';
      if (brake.observe(track, failsAt(request, random) ? 'failure' : 'success') === null) continue;
      alarms++;
      brake.follow(order);
    }
    return alarms;
  }

  it.each([0.01, 0.1, 0.3])('are none in a million requests that fail independently with probability %f', (rate) => {
    expect(falseAlarms(1_000_000, (_request, random) => random() < rate)).toBe(0);
  });

  it('are none in 1,000 outages of a shared dependency: the stable fails first, having nine times the traffic', () => {
    expect(falseAlarms(1_000_000, (request) => request % 1_000 < 500)).toBe(0);
  });

  it('come with every outage when the canary has nearly all of the traffic, and so sees it first', () => {
    const brake = watching();
    expect(failures(brake, 20)).toHaveLength(1);
  });
});
