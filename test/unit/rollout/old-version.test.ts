import { describe, expect, it } from 'vitest';
import type { PolicyDocument } from '../../../src/policy/schema.ts';
import { decide } from '../../../src/rollout/decide.ts';
import { needsOf } from '../../../src/rollout/needs/needs.ts';
import { type UnlistedTraffic, unlistedTraffic, whoNeedsOld } from '../../../src/rollout/needs/old-version.ts';
import { transition } from '../../../src/rollout/transition.ts';
import { evidence, facts, verdict } from '../../support/decisions.ts';
import { context, policyOf, rolloutIn } from '../../support/rollouts.ts';

const NAMES = ['acme', 'globex', 'initech', 'hooli', 'umbrella', 'wonka', 'tyrell'];

const ruled = (rule: 'stable' | 'canary' | 'by-weight', names = NAMES) => names.map((name) => ({ name, rule }));

/** At parity in the last of two weight steps, with these consumers. */
function lastStep(
  spec: Partial<PolicyDocument['spec']>,
  list: ReturnType<typeof ruled>,
  unlisted: UnlistedTraffic | null = null,
) {
  const rollout = rolloutIn('step-2', policyOf(spec));
  const consumers = { ledgerAt: 0, needsOld: whoNeedsOld(rollout, list, unlisted) };
  return { rollout, seen: evidence(rollout, { verdict: verdict('at-parity'), dwellMs: 1e9, consumers }) };
}

type Last = ReturnType<typeof lastStep>;

const open = ({ rollout, seen }: Last) => needsOf(rollout, seen, facts()).filter(({ met }) => !met);
const passes = ({ rollout, seen }: Last) => decide(rollout, seen, facts())?.kind ?? null;

const STABLE = { consumers: { default: 'stable' as const } };
const BOUND = { consumers: { default: 'stable' as const, unlisted: { max: '1%' } } };
const traffic = (requests: number) => ({ requests, ofAll: 10_000, credentials: 17, days: 7 });

describe('before everybody gets the new version', () => {
  it('a listed consumer that a rule keeps on the old one is waited for, by name', () => {
    const kept = lastStep(STABLE, ruled('stable'));
    const says = '7 listed consumers still need v1: acme, globex, initech, hooli, umbrella and 2 more';
    expect(open(kept)).toEqual([{ what: 'consumers', met: false, says }]);
    expect(passes(kept)).toBeNull();
    expect(passes(lastStep(STABLE, ruled('canary')))).toBe('stepPassed');
    // Who is drawn by weight has had the new version by chance all along.
    expect(passes(lastStep(STABLE, ruled('by-weight')))).toBe('stepPassed');
  });

  it('is asked for the end of the last step only, and where the policy says something of consumers', () => {
    expect(passes(lastStep({}, ruled('stable')))).toBe('stepPassed');
    const first = rolloutIn('step-1', policyOf(STABLE));
    const consumers = { ledgerAt: 0, needsOld: whoNeedsOld(first, ruled('stable'), null) };
    const seen = evidence(first, { verdict: verdict('at-parity'), dwellMs: 1e9, consumers });
    expect(decide(first, seen, facts())?.kind).toBe('stepPassed');
    const elsewhere = lastStep(STABLE, ruled('stable'));
    expect(passes({ ...elsewhere, rollout: { ...elsewhere.rollout, router: 'none' } })).toBe('stepPassed');
  });

  it('nothing is concluded from not having looked', () => {
    const { rollout, seen } = lastStep(STABLE, []);
    const { consumers: _, ...blind } = seen;
    expect(passes({ rollout, seen: blind as typeof seen })).toBeNull();
    expect(open(lastStep(BOUND, [], null))[0]?.says).toBe(
      'how much of the traffic is of clients that nobody listed is not known yet, and at most 1% may be left behind',
    );
  });

  it('more unlisted traffic than the policy allows is waited for, and no less', () => {
    expect(open(lastStep(BOUND, [], traffic(101)))).toEqual([
      {
        what: 'consumers',
        met: false,
        says: '101 of 10,000 requests of the last 7 days (1 %), without those answered with 4xx, came from clients that nobody listed (17 credentials), who still need v1: at most 1% may be left behind',
      },
    ]);
    expect(passes(lastStep(BOUND, [], traffic(100)))).toBe('stepPassed');
    expect(passes(lastStep(STABLE, [], traffic(10_000)))).toBe('stepPassed');
  });

  it('of unlisted traffic, what is refused does not count: anybody could send it', () => {
    const row = (kind: string, requests: number, clientErrors: number) => ({ kind, requests, clientErrors });
    const sums = [
      row('listed', 9_910, 10),
      row('unlisted', 60, 0),
      row('unlisted-others', 500, 500),
      row('none', 940, 900),
    ];
    expect(unlistedTraffic(sums, 17, 7)).toEqual(traffic(100));
  });

  it('a person is refused with the same names, and may go on without them from any stage before', () => {
    for (const stage of ['internal', 'step-1', 'step-2']) {
      const rollout = rolloutIn(stage, policyOf(BOUND));
      const needsOld = whoNeedsOld(rollout, ruled('stable', ['acme']), traffic(300));
      const by = (leaveBehind?: typeof needsOld) =>
        transition(
          rollout,
          { kind: 'promoted', full: false, ...(leaveBehind ? { leaveBehind } : {}) },
          context({ needsOld }),
        );
      expect(by()).toEqual({
        kind: 'refused',
        reason:
          '1 listed consumer still needs v1: acme; and 300 of 10,000 requests of the last 7 days (3 %), without those answered with 4xx, came from clients that nobody listed (17 credentials), who still need v1: at most 1% may be left behind; move them first, or go on without them: leaveBehind, --leave-behind on the command line',
      });
      expect(by(needsOld)).toMatchObject({ kind: 'moved', rollout: { stage: { kind: 'bake' } } });
    }
  });
});
