import { describe, expect, it } from 'vitest';
import { Brake } from '../../../src/gateway/measure/brake.ts';
import { orderTo } from '../../support/gateway.ts';
import { seededRandom } from '../../support/random.ts';

const STABLE = 'http://stable.test';
const order = orderTo(STABLE, 'http://canary.test', { brakeAfter: 20 });

/** A brake under the order, with the stable's last 50 of which `failed` failed. */
function watching(failed = 0, seen = 50): Brake {
  const brake = new Brake();
  brake.follow(order);
  for (let answer = 0; answer < seen; answer++) brake.observe('stable', answer < failed ? 'failure' : 'success');
  return brake;
}

const failures = (brake: Brake, count: number) =>
  Array.from({ length: count }, () => brake.observe('canary', 'failure')).filter((reason) => reason !== null);

describe('Brake', () => {
  it('trips once, at the 20th failure in a row', () => {
    const brake = watching();
    expect(failures(brake, 19)).toEqual([]);
    expect(failures(brake, 1)).toHaveLength(1);
    expect(failures(brake, 100)).toEqual([]);
  });

  it('forgets the row at a success', () => {
    const brake = watching();
    failures(brake, 19);
    brake.observe('canary', 'success');
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
