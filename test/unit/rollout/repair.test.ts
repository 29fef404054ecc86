import { describe, expect, it } from 'vitest';
import { openJudgement } from '../../../src/judge/judge.ts';
import { noEvidence } from '../../../src/rollout/evidence.ts';
import { whyNoRepair } from '../../../src/rollout/repair.ts';
import { blockOf, lookRepeatedly, tallyOf } from '../../support/judge-blocks.ts';
import { rolloutIn, T0 } from '../../support/rollouts.ts';

const rollout = rolloutIn('step-1');
const { policy } = rollout;

function refusalAt(errors: number): string | null {
  const { state } = lookRepeatedly(policy, openJudgement(policy), { from: 0, count: 20 }, (startedAt) =>
    blockOf({ startedAt, stable: tallyOf(900, { errors }), canary: tallyOf(100) }),
  );
  return whyNoRepair({ rollout, evidence: { ...noEvidence(policy, T0), judge: state } });
}

describe('a canary as the repair of the stable', () => {
  it('is taken where the stable fails more than half', () => {
    expect(refusalAt(630)).toBeNull();
  });

  it('is refused where it does not, or nothing is known, with the ways that are open', () => {
    const refusal =
      'the stable v1 is not seen to fail more than half of its requests, so there is nothing to repair: promote goes to 100% ' +
      'with the bake, promote --full without';
    expect(refusalAt(270)).toBe(refusal);
    expect(whyNoRepair({ rollout, evidence: noEvidence(policy, T0) })).toBe(refusal);
  });
});
