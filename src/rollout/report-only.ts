import { formatBps } from '../policy/units.ts';
import { type Rollout, stageName } from './state.ts';

const NOT_MOVED = 'Serin does not move the traffic of this route';

/** What to do now, for people who make the split themselves: nothing here claims that it was done. */
export function adviceOnEntering({ route, canary, stable, stage, canaryBps, reason }: Rollout): string {
  switch (stage.kind) {
    case 'rolled-back':
      return `${route}: take all traffic off ${canary.version} now, ${stable.version} should serve 100%; ${NOT_MOVED}: ${reason}`;
    case 'step':
      return `${route}: ${canary.version} may be given ${formatBps(canaryBps)} now (${stageName(stage)}); ${NOT_MOVED}: ${reason}`;
    case 'bake':
      return (
        `${route}: ${canary.version} may be given 100% now; ${NOT_MOVED}: ` +
        `advance it to promoted when it serves everybody: ${reason}`
      );
    case 'promoted':
      return `${route}: ${canary.version} promoted: ${reason}`;
    default:
      return `${route}: ${canary.version} ${stageName(stage)}; ${NOT_MOVED}: ${reason}`;
  }
}
