import type { TrailView } from '../../src/dashboard/views.ts';

export const DRAWN_FROM = Date.UTC(2026, 10, 29, 12, 10, 0);

/** What one look saw; omitted figures are not known. */
export interface SeenLook {
  readonly bps?: number;
  readonly logHarm?: number | null;
  readonly logParity?: number | null;
  /** Requests, errors, p99. */
  readonly canary?: readonly [n: number, x: number, p99: number | null];
  readonly stable?: readonly [n: number, x: number, p99: number | null];
  /** Longer than the others, where Serin was away. */
  readonly everyMs?: number;
}

/** The trail of looks that follow each other every `everyMs`. */
export function drawnTrail(looks: readonly SeenLook[], everyMs = 5_000): TrailView {
  let at = DRAWN_FROM;
  const times = looks.map((look) => {
    at += look.everyMs ?? everyMs;
    return at;
  });
  const track = (of: 'canary' | 'stable') => ({
    n: looks.map((look) => look[of]?.[0] ?? null),
    x: looks.map((look) => look[of]?.[1] ?? null),
    p50: looks.map(() => null),
    p95: looks.map(() => null),
    p99: looks.map((look) => look[of]?.[2] ?? null),
  });
  return {
    at: times,
    everyMs: looks.map((look) => look.everyMs ?? everyMs),
    bps: looks.map((look) => look.bps ?? 0),
    logHarm: looks.map((look) => look.logHarm ?? null),
    logParityWeakest: looks.map((look) => look.logParity ?? null),
    canary: track('canary'),
    stable: track('stable'),
    checks: {},
  };
}
