import { formatFigure, formatSpan } from '../../parity/figures.ts';
import { claimsParity, type Finding, hasShownParity } from '../../parity/finding.ts';
import { msForCanaryRequests } from '../../stats/evidence/pace.ts';
import type { JudgeState } from '../state.ts';

/** A finding, and what its check compares; null where that does not matter. */
export interface ComparedFinding {
  readonly finding: Finding;
  readonly compares: 'requests' | 'keys' | null;
}

const BY_KEY = 'what counts is the comparison by key';
/** Of a latency to the end of the answer. */
const BY_KEY_TO_THE_HEAD = 'what counts is the comparison by key, which times answers to their head';
/** Of what nothing is counted by key. */
const OWN_USERS =
  'it only reports, because keys are sticky: the versions have users of their own, and those alone may make it differ';

/**
 * The findings as they count for how the traffic is assigned. Where keys are sticky those on requests are figures: they
 * neither roll back nor claim parity; and those on keys say how much sooner requests would decide.
 */
export function byAssignment(found: readonly ComparedFinding[], state: JudgeState): readonly Finding[] {
  if (state.assignment !== 'by-key') {
    return found.flatMap(({ finding, compares }) => (compares === 'keys' ? [] : finding));
  }
  const perRequest = perRequestMs(found, state);
  return found.flatMap(({ finding, compares }) => {
    if (finding.byKey === 'own') return finding;
    if (compares === 'requests') return asFigures(finding) ?? [];
    if (compares !== 'keys' || perRequest === null || hasShownParity(finding)) return finding;
    if (perRequest >= waitMs(finding, state)) return finding;
    const sooner = `with each request drawn by itself about ${formatSpan(perRequest)} would do`;
    const brief = finding.brief === undefined ? {} : { brief: `${finding.brief} (${sooner})` };
    return { ...finding, says: `${finding.says}; ${sooner}`, ...brief };
  });
}

// Endless where a day would not do, and nothing where it is not the time that is missing.
function waitMs({ needsCanaryRequests, brief }: Finding, { pace }: JudgeState): number {
  if (needsCanaryRequests === null) return brief === undefined ? 0 : Number.POSITIVE_INFINITY;
  return msForCanaryRequests(pace, needsCanaryRequests) ?? 0;
}

/** How long parity would take by requests, at the present traffic; null where that is not known. */
function perRequestMs(found: readonly ComparedFinding[], { pace }: JudgeState): number | null {
  const open = found.filter(({ finding, compares }) => compares === 'requests' && claimsParity(finding));
  const needs = open.flatMap(({ finding }) => finding.needsCanaryRequests ?? []);
  if (needs.length < open.length || needs.length === 0) return null;
  return msForCanaryRequests(pace, Math.max(...needs));
}

// Null without figures of both versions.
function asFigures(finding: Finding): Finding | null {
  const { check, quantile, named, canary, stable, subject } = finding;
  if (canary === null || stable === null) return null;
  const name = named ?? ([subject, quantile].filter((part) => part).join(' ') || check);
  const show = (value: number) => formatFigure(value, finding);
  return {
    ...finding,
    logHarm: 0,
    budgetWeight: 0,
    logParity: null,
    logParityThreshold: null,
    parityMargin: null,
    ...(finding.limits ? { limits: { ...finding.limits, parity: null } } : {}),
    needsCanaryRequests: null,
    needsAt: [],
    says: `${name}: ${show(canary)} against ${show(stable)} over all requests; ${whyFigures(finding)}`,
  };
}

function whyFigures({ unit, subject, named }: Finding): string {
  if (subject === undefined && named === undefined) return BY_KEY;
  return subject === undefined && unit === 'ms' ? BY_KEY_TO_THE_HEAD : OWN_USERS;
}
