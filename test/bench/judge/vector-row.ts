import { lnEBernoulli, lnEPoisson } from '../../../src/stats/evidence/e-value.ts';
import { CLASSIFIED, TIE_OUTS } from '../../support/kayenta-series.ts';
import { confseqVectors } from '../../support/published-vectors.ts';
import { dkwRadius, lindonMalek } from '../../support/reference-formulas.ts';
import { classify, mannWhitney } from '../../support/reference-kayenta.ts';
import type { Cell, Row } from './experiment.ts';

/** Published values and the specification's own (docs/statistics.md section 7), each with its largest error. */
export function publicVectors(): Row {
  const groups: readonly { setting: string; allowed: number; errors: readonly number[] }[] = [
    {
      setting: 'confseq',
      allowed: 1e-5,
      errors: confseqVectors().map(({ published, computed }) => Math.abs(published - computed)),
    },
    {
      setting: 'Kayenta, intervals against R (tolerance of its root search 1e-4)',
      allowed: 1e-4,
      errors: TIE_OUTS.flatMap(({ confidence, control, experiment, interval }) => {
        const { lower, upper } = mannWhitney(experiment, control, confidence);
        return [Math.abs(lower - interval[0]), Math.abs(upper - interval[1])];
      }),
    },
    {
      setting: 'Kayenta, classifications (1 for a wrong one)',
      allowed: 0,
      errors: CLASSIFIED.map(({ experiment, control, expected }) =>
        classify(experiment, control, { confidence: 0.95, tolerance: 0.1 }) === expected ? 0 : 1,
      ),
    },
    {
      setting: 'Lindon and Malek, DKW',
      allowed: 1e-7,
      errors: [
        Math.abs(lindonMalek([130, 870], [0.1, 0.9])[0] - 2.9099359),
        Math.abs(lindonMalek([30, 990], [0.01, 0.99])[0] - 10.1517597),
        Math.abs(lindonMalek([10, 20, 40], [0.1, 0.4, 0.5])[0] - 0.3017057),
        Math.abs(dkwRadius(1_000, 0.05) - 0.0865691),
        Math.abs(dkwRadius(10_000, 0.0005) - 0.0321569),
      ],
    },
    { setting: 'own block e-values', allowed: 1e-9, errors: ownErrors() },
  ];
  const cells = groups.map(({ setting, allowed, errors }): Cell => {
    return { setting, streams: errors.length, figure: Math.max(...errors), note: `allowed ${allowed}` };
  });
  const wrong = groups.filter(({ allowed, errors }) => Math.max(...errors) > allowed).length;
  return {
    id: 'J18',
    scenario: 'published vectors',
    measures: 'largest error ("streams" are vectors)',
    target: '1e-5 confseq, 1e-9 own',
    measured: wrong === 0 ? `all ${cells.reduce((sum, { streams }) => sum + streams, 0)}` : `${wrong} groups outside`,
    passed: wrong === 0,
    cells,
  };
}

function ownErrors(): readonly number[] {
  return [
    lnEPoisson({ nc: 100, xc: 3, ns: 9_900, xs: 10 }, { s1: 0.001, c1: 0.0033 }, { rho: 1.1, a: 0 }) -
      3.013217039731051,
    lnEPoisson({ nc: 50, xc: 4, ns: 4_950, xs: 6 }, { s1: 0.0012, c1: 0.0036 }, { rho: 1, a: 0.0002 }) -
      3.6148735903813622,
    lnEPoisson({ nc: 500, xc: 0, ns: 49_500, xs: 5 }, { s1: 0.0001, c1: 0.0001 }, { rho: 1, a: 0.001 }) -
      0.5002082177166636,
    lnEBernoulli({ nc: 100, xc: 60, ns: 9_900, xs: 4_950 }, { s1: 0.5, c1: 0.6 }) - 1.9935513417347313,
    lnEBernoulli({ nc: 1, xc: 1, ns: 99, xs: 1 }, { s1: 0.01, c1: 0.0388 }) - 1.3275622431230842,
  ].map(Math.abs);
}
