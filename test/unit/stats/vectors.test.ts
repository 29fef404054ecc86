import { describe, expect, it } from 'vitest';
import { lnEBernoulli, lnEBernoulliLinear, lnEPoisson, projectPoisson } from '../../../src/stats/evidence/e-value.ts';
import { logMixture, openMixture, stepMixture } from '../../../src/stats/evidence/onset.ts';
import { dkwRadius, lindonMalek } from '../../support/reference-formulas.ts';
import vectors from '../../support/stat-vectors.json' with { type: 'json' };

interface Vector {
  readonly name: string;
  readonly args: unknown;
  readonly value: number | readonly number[];
}

interface OnsetArguments {
  readonly weights: readonly number[];
  readonly mass: { first: number; perStepChange: number; overTime: number; overMinutes: number };
  readonly blockMinutes: number;
  readonly blocks: number;
  readonly stepChangeAtBlock: number;
  readonly logE: readonly number[];
}

const FORMULAS: Readonly<Record<string, (args: unknown) => number | readonly number[]>> = {
  'boundary projection s0: [nc, ns, s1, c1, rho, a]': (args) => {
    const [nc, ns, s1, c1, rho, a] = args as [number, number, number, number, number, number];
    return projectPoisson({ nc, ns }, { s1, c1 }, { rho, a });
  },
  'block log e-value, linear boundary: [nc, xc, ns, xs, s1, c1, rho, a]': (args) => lnEPoisson(...linear(args)),
  'exact Bernoulli, linear boundary: [nc, xc, ns, xs, s1, c1, rho, a]': (args) => lnEBernoulliLinear(...linear(args)),
  'exact Bernoulli, boundary c = s: [nc, xc, ns, xs, s1, c1]': (args) => {
    const [counts, alternative] = linear(args);
    return lnEBernoulli(counts, alternative);
  },
  'onset mixture, log E after each block': (args) => onset(args as OnsetArguments),
  'LindonMalek [logBF,p]': (args) => lindonMalek(...(args as [readonly number[], readonly number[]])),
  'HowardRamdas DKW radius .85*sqrt((loglog(e n)+.8 log(1612/a))/n)': (args) =>
    dkwRadius(...(args as [number, number])),
};

describe('stat-vectors.json', () => {
  it.each((vectors as readonly Vector[]).map((vector, index) => [index, vector.name, vector] as const))(
    '%i: %s',
    (_, name, vector) => {
      const computed = [FORMULAS[name]?.(vector.args) ?? []].flat();
      const expected = [vector.value].flat();
      expect(computed).toHaveLength(expected.length);
      for (const [index, value] of expected.entries())
        expect(Math.abs((computed[index] ?? 0) - value)).toBeLessThan(1e-9);
    },
  );

  it('agrees with the binomial likelihood ratio where the boundary goes through the origin', () => {
    const byHand = 3 * Math.log(330 / 110) + 10 * Math.log(9900 / 9900) - 13 * Math.log(10230 / 10010);
    expect(lnEPoisson(...linear([100, 3, 9900, 10, 0.001, 0.0033, 1.1, 0]))).toBeCloseTo(byHand, 10);
  });
});

function linear(args: unknown) {
  const [nc, xc, ns, xs, s1, c1, rho = 1, a = 0] = args as [
    number,
    number,
    number,
    number,
    number,
    number,
    number?,
    number?,
  ];
  return [
    { nc, xc, ns, xs },
    { s1, c1 },
    { rho, a },
  ] as const;
}

function onset({ weights, mass, blockMinutes, blocks, stepChangeAtBlock, logE }: OnsetArguments): readonly number[] {
  let mixture = openMixture(weights.length);
  return Array.from({ length: blocks }, (_, block) => {
    const minutes = Math.floor(block * blockMinutes + 1e-9);
    const changes = block >= stepChangeAtBlock ? 1 : 0;
    const spent = mass.first + changes * mass.perStepChange + (mass.overTime * minutes) / mass.overMinutes;
    mixture = stepMixture(mixture, spent, logE);
    return logMixture(mixture, weights);
  });
}
