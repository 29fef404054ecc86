import { describe, expect, it } from 'vitest';
import { explainHarm } from '../../../src/judge/explain.ts';
import { look, openJudgement } from '../../../src/judge/judge.ts';
import { sightingsFor, withSightings } from '../../../src/judge/sightings.ts';
import type { Finding, Verdict } from '../../../src/judge/verdict.ts';
import { EMPTY_WINDOW } from '../../../src/stats/evidence/window.ts';
import { differenceOf, differingFinding, SIGHTED } from '../../support/differences.ts';
import { blockOf, inputOf } from '../../support/judge-blocks.ts';
import { policyOf } from '../../support/rollouts.ts';

const policy = policyOf();
const seen = look(policy, openJudgement(policy), inputOf([blockOf()]));
const withFindings = (findings: readonly Finding[], parts: Partial<Verdict> = {}) => ({
  ...seen,
  verdict: { ...seen.verdict, name: 'harmful' as const, findings, ...parts },
});

describe('the sentence of a verdict', () => {
  const reason = (finding: Finding) => explainHarm(policy, { finding, since: EMPTY_WINDOW, combined: null });

  it('names the worst difference that can break a client, and how many more there are', () => {
    const added = differenceOf({ effect: 'compatible', kind: 'added', says: '/total is new', logHarm: 40 });
    const one = reason(differingFinding([added, differenceOf()]));
    expect(one).toBe(
      'canary differs in GET /orders/{id} 2xx: /amount is gone (0 of 412 answers against 3,690 of 3,690); ' +
        'odds of a false alarm < 1 in 1,000',
    );
    expect(reason(differingFinding([differenceOf(), differenceOf(), added]))).toContain(
      '3,690), and in one more thing; odds',
    );
    expect(reason(differingFinding(Array.from({ length: 5 }, () => differenceOf())))).toContain(
      ', and in 4 more things; odds',
    );
  });

  it('keeps what the check says itself of its harm', () => {
    expect(reason(differingFinding([differenceOf()], { blame: 'logs what the stable never did' }))).toMatch(
      /^canary logs what the stable never did; odds/,
    );
  });
});

describe('what is remembered of differences', () => {
  const name = differenceOf().sighting ?? '';

  it('is asked for of the five worst that are only told, and of more once a verdict holds or blames', () => {
    const many = Array.from({ length: 30 }, (_, at) => differenceOf({ sighting: `${at}`, logHarm: -at }));
    const asked = (parts: Partial<Verdict>) => sightingsFor(withFindings([differingFinding(many)], parts).verdict);
    expect(asked({ name: 'harmful' })).toHaveLength(20);
    expect(asked({ name: 'suspect' })).toHaveLength(20);
    expect(asked({ name: 'undecided' })).toEqual(['0', '1', '2', '3', '4']);
    const refuses = { kind: 'refuses', check: 'responseShape', reason: '/amount is gone' } as const;
    expect(asked({ name: 'undecided', reservations: [refuses] })).toHaveLength(20);
    const hold = { cause: 'worse:responseShape', check: 'responseShape', urgency: 'after-max-hold' } as const;
    expect(asked({ name: 'undecided', hold })).toHaveLength(20);
  });

  it('is asked for of the internal phase, and put beside its differences', () => {
    const differences = [differenceOf()];
    const reservations = [{ kind: 'tells', check: 'responseShape', reason: 'differ', differences }] as const;
    const told = withFindings([], { name: 'undecided', reservations });
    expect(sightingsFor(told.verdict)).toEqual([name]);
    const { verdict } = withSightings(told, new Map([[name, SIGHTED]]));
    expect(verdict.reservations?.[0]?.differences).toEqual([{ ...differenceOf(), seen: SIGHTED }]);
  });

  it('is asked for of the twenty worst of all checks, what breaks before what does not', () => {
    const many = (from: number) =>
      Array.from({ length: 15 }, (_, at) => differenceOf({ sighting: `${from + at}`, logHarm: from + at }));
    const compatible = differenceOf({ sighting: 'compatible', effect: 'compatible', logHarm: 1_000 });
    const { verdict } = withFindings([differingFinding([compatible, ...many(0)]), differingFinding(many(15))]);
    expect(sightingsFor(verdict)).toEqual(Array.from({ length: 20 }, (_, at) => `${29 - at}`));
  });

  it('is put beside them, within its bounds', () => {
    const other = differenceOf({ sighting: null });
    const endless = {
      consumers: Array.from({ length: 20 }, (_, at) => `${at}${'x'.repeat(200)}`),
      examples: Array.from({ length: 20 }, () => ({ track: 'canary' as const, text: 'x'.repeat(200) })),
    };
    const sighted = withSightings(
      withFindings([differingFinding([differenceOf(), other])]),
      new Map([[name, SIGHTED]]),
    );
    expect(sighted.verdict.findings[0]?.differences).toEqual([{ ...differenceOf(), seen: SIGHTED }, other]);
    const bounded = withSightings(withFindings([differingFinding([differenceOf()])]), new Map([[name, endless]]));
    const [{ seen: cut } = other] = bounded.verdict.findings[0]?.differences ?? [];
    expect(cut?.consumers).toHaveLength(10);
    expect(cut?.examples).toHaveLength(3);
    expect(JSON.stringify(cut).length).toBeLessThan(1_500);
  });
});
