import type { Check } from '../../src/parity/check.ts';

interface ToyState {
  readonly logHarm: number;
  readonly logParity: number;
  readonly since: number | null;
}

/**
 * Bets one nat a block that the canary's forced requests fail. By the name of the policy it rolls back, may only hold
 * (`toys-hold`), or reports only (`toys-report`).
 */
export const toyCheck: Check<ToyState> = {
  names: { listed: ['toy'], open: { form: 'toy:COLOUR', pattern: /^toy:[a-z]{1,9}$/ } },
  terms: ({ metadata }, name) =>
    name === 'toy' ? { label: 'forced toys', dryRun: metadata.name === 'toys-report', against: 'stable' } : null,
  claims: ({ metadata }) => (metadata.name === 'toys-hold' ? [] : [{ check: 'toy', share: 0.25 }]),
  open: () => ({ logHarm: 0, logParity: 0, since: null }),
  observe(state, { block, bet }) {
    const { requests, errors } = block.forced.canary;
    if (requests === 0) return state;
    const failed = errors > 0 ? 1 : -1;
    return {
      logHarm: state.logHarm + failed,
      logParity: bet.parity === 'counted' ? state.logParity - failed : state.logParity,
      since: state.since ?? block.startedAt,
    };
  },
  restart: (state) => ({ ...state, logParity: 0 }),
  move: (state, byMs) => ({ ...state, since: state.since === null ? null : state.since + byMs }),
  stakes: (_, { logHarm }, shareOf) => [{ check: 'toy', weight: shareOf('toy'), logHarm }],
  findings: (_, { logHarm, logParity }, { shareOf, phi, logParityThreshold }) => [
    {
      check: 'toy',
      canary: 0.5,
      stable: 0.25,
      unit: 'share',
      quantile: null,
      bounds: { canary: null, stable: null },
      requests: { canary: 10, stable: 20 },
      logHarm,
      budgetWeight: shareOf('toy'),
      dispersion: phi.rate,
      logParity,
      logParityThreshold,
      rollbackMargin: 'none',
      parityMargin: 'a toy',
      needsCanaryRequests: null,
      needsAt: [],
      says: 'toy: half of them are broken',
    },
  ],
  holds: ({ metadata }, { logHarm }, { findings, logHold }) =>
    metadata.name === 'toys-hold' && logHarm >= logHold && findings.some(({ check }) => check === 'toy')
      ? [{ kind: 'worse', check: 'toy', reason: 'toys break too often to go on' }]
      : [],
};
