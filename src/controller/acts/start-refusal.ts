import type { LoadedPolicy } from '../../policy/read.ts';
import { Problem } from '../../problem/problem.ts';
import type { StartCommand } from '../../rollout/commands.ts';
import type { Actor } from '../../rollout/event.ts';
import type { RolloutRecord } from '../../rollout/record.ts';
import { isEnded } from '../../rollout/state.ts';
import { capabilitiesOf } from '../../split/capabilities.ts';
import type { Upstream } from '../../split/order.ts';
import type { ControllerPorts, DeclaredRoute } from '../ports.ts';
import { whyUncarried, whyUnmirrored, whyUnprobed } from '../unmeasurable.ts';

/** What decides about a start before the canary and the sources are asked. */
export interface AskedStart {
  readonly command: Pick<StartCommand, 'replace' | 'force'>;
  readonly by: Actor;
  readonly route: DeclaredRoute;
  readonly loaded: LoadedPolicy;
  readonly canary: Upstream;
  readonly stable: Upstream;
  /** Rollouts of the route, newest first. */
  readonly history: readonly RolloutRecord[];
}

/** Throws the Problem by which a start of what does not run already is refused, if it is; nobody is asked anything yet. */
export function refuseToStart(
  ports: Pick<ControllerPorts, 'operatorUpstream'>,
  { command, by, route, loaded, canary, stable, history }: AskedStart,
): void {
  const running = history.find(({ rollout }) => !isEnded(rollout));
  const barred = by.role === 'admin' ? null : ports.operatorUpstream(canary.url);
  if (barred !== null) throw new Problem('forbidden', barred);
  if (running && !command.replace) {
    throw new Problem(
      'conflict',
      `${route.name} already rolls out ${running.rollout.canary.version}: wait for its end, or replace it`,
      { issues: [{ path: 'replace', message: 'supersedes the rollout that runs' }] },
    );
  }
  // If Serin does not move the split, URLs are only informative: versions may share one.
  const [taken, asked] = capabilitiesOf(route).serinMoves ? [stable.url, canary.url] : [stable.version, canary.version];
  if (taken === asked) throw alreadyStable(asked, route.name);
  const blamed = history.find(
    ({ rollout }) => sameVersion(rollout.canary, canary) && rollout.stage.kind === 'rolled-back',
  );
  if (blamed && !command.force) {
    throw new Problem(
      'refused',
      `${canary.version} was rolled back before (${blamed.rollout.reason}), and is only started again by force`,
      { issues: [{ path: 'force', message: 'starts it all the same; give the reason' }] },
    );
  }
  const { checks } = loaded.policy.spec;
  const unasked = whyUnprobed(route, checks) ?? whyUncarried(route, checks) ?? whyUnmirrored(route, checks);
  if (unasked !== null) throw new Problem('refused', `the policy does not pass preflight: ${unasked}`);
}

function alreadyStable(asked: string, route: string): Problem {
  const message = `${asked} is the stable of ${route} already`;
  return new Problem('invalid-input', message, { issues: [{ path: 'canaryUrl', message }] });
}

export function sameVersion(a: Upstream, b: Upstream): boolean {
  return a.url === b.url && a.version === b.version;
}
