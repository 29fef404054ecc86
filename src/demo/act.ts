import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditView, auditViewsSchema, type RolloutView, rolloutViewSchema } from '../api/view-schemas.ts';
import type { ApiClient } from '../cli/client.ts';

export interface ActPlan {
  readonly title: string;
  readonly canaryUrl: string;
  readonly version: string;
  /** How the act must end, by the state machine's own decision. */
  readonly ends: 'promoted' | 'rolled-back';
  /** What the reason has to name. */
  readonly names?: string;
}

export interface ActResult {
  readonly plan: ActPlan;
  readonly asItShould: boolean;
  readonly stage: string;
  readonly seconds: number;
  /** Randomised canary requests that the judge used. */
  readonly canaryRequests: number;
  /** Of the integration tests. */
  readonly forcedRequests: number;
  readonly reason: string;
}

export interface Watcher {
  seen(rollout: RolloutView, audit: readonly AuditView[]): void;
}

const LOOK_EVERY_MS = 250;
const DONE: Readonly<Record<ActPlan['ends'], readonly string[]>> = {
  promoted: ['finalised'],
  'rolled-back': ['rolled-back'],
};
const ENDED = ['finalised', 'rolled-back', 'aborted', 'superseded'];

/** Starts a rollout as a team would, sends the integration tests of the internal phase, and follows it to its end. */
export async function play(
  plan: ActPlan,
  route: string,
  api: ApiClient,
  integrationTests: () => Promise<void>,
  watcher: Watcher,
  signal: AbortSignal,
): Promise<ActResult> {
  const began = performance.now();
  const { canaryUrl, version } = plan;
  const wanted = { route, canaryUrl, version, reason: `${version} is ready` };
  const { id } = await api.send('POST', '/api/v1/rollouts', rolloutViewSchema, wanted);
  await integrationTests();
  for (;;) {
    const [rollout, newestFirst] = await Promise.all([
      api.get(`/api/v1/rollouts/${id}`, rolloutViewSchema),
      api.get(`/api/v1/rollouts/${id}/audit?limit=100`, auditViewsSchema),
    ]);
    const audit = newestFirst.toReversed();
    watcher.seen(rollout, audit);
    if (ENDED.includes(rollout.stage)) {
      const seconds = (performance.now() - began) / 1_000;
      const reason = decisive(audit, rollout);
      const asItShould =
        DONE[plan.ends].includes(rollout.stage) &&
        reason.includes(plan.names ?? '') &&
        audit.every(({ actor }, at) => at < 2 || actor.role === 'serin');
      return {
        plan,
        asItShould,
        stage: rollout.stage,
        seconds,
        canaryRequests: used(audit),
        forcedRequests: rollout.forced.requests,
        reason,
      };
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

interface JudgedEvent {
  readonly verdict?: {
    readonly findings: readonly { readonly check: string; readonly requests: { readonly canary: number } }[];
  };
}

/** Every step's decision names the requests of that step. */
function used(audit: readonly AuditView[]): number {
  const perDecision = audit.map(
    ({ event }) =>
      (event as JudgedEvent).verdict?.findings.find(({ check }) => check === 'errors')?.requests.canary ?? 0,
  );
  return perDecision.reduce((sum, requests) => sum + requests, 0);
}

function decisive(audit: readonly AuditView[], rollout: RolloutView): string {
  // What the internal phase refuses was never judged in a step.
  if (audit.some(({ event }) => event.kind === 'internalFailed')) return rollout.reason;
  const judged = audit.findLast(({ event }) => (event as JudgedEvent).verdict !== undefined);
  return judged?.reason ?? rollout.reason;
}
