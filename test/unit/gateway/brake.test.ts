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

describe('Brake on a sticky route whose canary serves fewer than five keys', () => {
  /** At this weight for ten seconds, after the stable's last 50 were well. */
  function sticky(canaryBps: number, clock = { now: 0 }, failed = 0): Brake {
    const brake = watching(failed, 50, clock);
    brake.follow({ ...order, epoch: 2, canaryBps }, 'key');
    clock.now = 10_000;
    return brake;
  }
  const onStable = (brake: Brake, outcomes: readonly ('success' | 'failure')[], keyOf: (at: number) => number) =>
    outcomes
      .map((outcome, at) => brake.observe('stable', outcome, keyOf(at)))
      .filter((move) => move !== null && move.do !== 'go-on');
  const tenWell = Array.from({ length: 10 }, () => 'success' as const);

  it.each([
    [1_000, 1, 'nobody'],
    [1_000, 2, 'nobody'],
    [1_000, 3, 'canary'],
    [100, 1, 'nobody'],
    [100, 2, 'canary'],
    [2_500, 4, 'nobody'],
    [5_000, 4, 'nobody'],
    [10_000, 4, 'nobody'],
  ] as const)('at %i bps it tries the stable for %i keys, and then blames %s', (canaryBps, keys, blames) => {
    const brake = sticky(canaryBps);
    expect(failures(brake, 19, (at) => at % keys)).toEqual([]);
    expect(failures(brake, 100, (at) => at % keys)).toEqual([{ do: 'try-stable' }]);
    // Others tell nothing about these keys.
    expect(onStable(brake, tenWell, () => 99)).toEqual([]);
    expect(onStable(brake, tenWell, (at) => at % keys)).toMatchObject([{ do: 'to-stable', blames }]);
    expect(failures(brake, 100, (at) => at % keys)).toEqual([]);
  });

  it('says what it saw, and that one key may do that on purpose', () => {
    const brake = sticky(1_000);
    failures(brake, 20, () => 1);
    expect(onStable(brake, tenWell, () => 1)).toEqual(
      toStable(
        "nearly all requests of one key failed on the canary, and 10 of the same then succeeded on the stable, while 50 of the stable's last 50 succeeded; one key may do that on purpose or by chance, so nobody is blamed",
        'nobody',
      ),
    );
  });

  it('gives the weight back to a canary whose clients fail on the stable as well, and tries it once', () => {
    const brake = sticky(1_000);
    failures(brake, 20, () => 1);
    expect(onStable(brake, ['failure', 'failure'], () => 1)).toEqual([{ do: 'give-back' }]);
    expect(failures(brake, 10_000, () => 1)).toEqual([]);
    // The key beside it is judged alone.
    expect(failures(brake, 20, () => 2)).toEqual([{ do: 'try-stable' }]);
    expect(onStable(brake, tenWell, () => 2)).toMatchObject([{ do: 'to-stable', blames: 'nobody' }]);
  });

  it.each([
    [1, 'a success in ten', 0],
    [2, 'a success in twenty', 1],
  ])('%i: finds nearly all failing, not most: %s', (times, _name, trials) => {
    const brake = sticky(1_000);
    const moves = Array.from({ length: 400 }, (_, at) =>
      brake.observe('canary', at % (10 * times) === 0 ? 'success' : 'failure', 1),
    ).filter((move) => move !== null);
    expect(moves).toHaveLength(trials);
  });

  it('is no trial while half of the keys that the canary served are well, or where it served five', () => {
    const half = sticky(1_000);
    half.observe('canary', 'success', 2);
    expect(failures(half, 10_000, () => 1)).toEqual([]);
    const five = sticky(1_000);
    for (const key of [2, 3, 4, 5]) five.observe('canary', 'success', key);
    expect(failures(five, 10_000, () => 1)).toEqual([]);
  });

  it('waits for a stable that is well', () => {
    expect(failures(sticky(1_000, { now: 0 }, 6), 100, () => 1)).toEqual([]);
  });

  it('waits until the weight is 10 s old: on a busy route the other keys have only not come yet', () => {
    const clock = { now: 0 };
    const brake = sticky(1_000, clock);
    clock.now = 9_999;
    expect(failures(brake, 100, () => 1)).toEqual([]);
    for (const key of [2, 3, 4, 5]) brake.observe('canary', 'success', key);
    clock.now = 60_000;
    expect(failures(brake, 10_000, () => 1)).toEqual([]);
  });

  it('takes no key for one that fails on purpose whose request failed once', () => {
    // Two keys would blame the canary at this weight.
    const brake = sticky(300);
    const moves = [
      ...failures(brake, 15, () => 1),
      ...failures(brake, 1, () => 2),
      ...failures(brake, 10_000, () => 1),
    ];
    expect(moves).toEqual([]);
    // A third that failed once and left keeps no trial from the two that fail everything.
    const three = sticky(300);
    failures(three, 1, () => 3);
    expect(failures(three, 100, (at) => at % 2)).toEqual([{ do: 'try-stable' }]);
    expect(onStable(three, tenWell, (at) => at % 2)).toMatchObject([{ do: 'to-stable', blames: 'canary' }]);
  });

  it('goes on while the stable answers its keys', () => {
    const brake = sticky(1_000);
    failures(brake, 20, () => 1);
    expect(brake.observe('stable', 'success', 2)).toBeNull();
    expect(brake.observe('stable', 'success', 1)).toEqual({ do: 'go-on' });
  });

  it('knows whose clients fail by either version until the weight, the canary or the rollout is another', () => {
    const clock = { now: 0 };
    const brake = sticky(1_000, clock);
    failures(brake, 20, () => 1);
    onStable(brake, ['failure', 'failure'], () => 1);
    const paused = { ...order, epoch: 3, canaryBps: 1_000 };
    brake.follow(paused, 'key');
    expect(failures(brake, 10_000, () => 1)).toEqual([]);
    brake.follow({ ...paused, epoch: 4, canaryBps: 2_000 }, 'key');
    clock.now = 20_000;
    expect(failures(brake, 20, () => 1)).toEqual([{ do: 'try-stable' }]);
  });

  it('begins another row where a trial told nothing', () => {
    const brake = sticky(1_000);
    failures(brake, 20, () => 1);
    brake.giveUpTrial();
    expect(failures(brake, 19, () => 1)).toEqual([]);
    expect(failures(brake, 1, () => 1)).toEqual([{ do: 'try-stable' }]);
  });

  it('goes to the stable at once where no connection was made, whatever the key', () => {
    expect(failures(sticky(1_000), 20)).toMatchObject([{ do: 'to-stable', blames: 'canary' }]);
  });

  /** What the brake does to identical versions at 10 %, with 3 of 13 keys that fail: by either version, or only on the canary. */
  function outcomeOf(random: () => number, onPurpose: boolean): 'canary' | 'nobody' | 'none' {
    const brake = sticky(1_000);
    const keys = Array.from({ length: 13 }, (_, key) => ({ key, isBad: key < 3, isCanarys: random() < 0.1 }));
    let track = (isCanarys: boolean): 'canary' | 'stable' => (isCanarys ? 'canary' : 'stable');
    for (let request = 0; request < 600; request++) {
      const { key, isBad, isCanarys } = keys[request % keys.length] ?? { key: 0, isBad: false, isCanarys: false };
      const by = track(isCanarys);
      const fails = isBad && (by === 'canary' || !onPurpose);
      const move = brake.observe(by, fails ? 'failure' : 'success', key);
      if (move?.do === 'to-stable') return move.blames;
      if (move?.do === 'try-stable') track = () => 'stable';
      if (move?.do === 'give-back') track = (isOf) => (isOf ? 'canary' : 'stable');
    }
    return 'none';
  }

  it('takes no canary back for clients that fail by either version', () => {
    const random = seededRandom(11);
    expect(new Set(Array.from({ length: 2_000 }, () => outcomeOf(random, false)))).toEqual(new Set(['none']));
  });

  it('blames at most 1 of 1,000 identical canaries for three clients that fail on purpose, and takes some back', () => {
    const random = seededRandom(12);
    const runs = 5_000;
    const outcomes = Array.from({ length: runs }, () => outcomeOf(random, true));
    const share = (of: string) => outcomes.filter((outcome) => outcome === of).length / runs;
    expect(share('canary')).toBeLessThanOrEqual(1e-3 + 3 * Math.sqrt(1e-3 / runs));
    expect(share('nobody')).toBeGreaterThan(0.05);
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
      if (brake.observe(track, failsAt(request, random) ? 'failure' : 'success', null) === null) continue;
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
