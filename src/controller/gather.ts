import { areUnitsDue } from '../judge/by-key/weigh-units.ts';
import { type Look, type LookInput, look } from '../judge/judge.ts';
import { blamesCanary, locate } from '../judge/locate.ts';
import { sightingsFor, withSightings } from '../judge/sightings.ts';
import type { Collected, CollectRequest } from '../metrics/source.ts';
import type { Policy } from '../policy/schema.ts';
import { asOfNow, type Evidence, evidenceAfterLook, type Observation, onSteppedClock } from '../rollout/evidence.ts';
import { stepContext } from '../rollout/plan.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { orderFor } from '../rollout/split-order.ts';
import type { Rollout } from '../rollout/state.ts';
import { WHOLE_BPS } from '../split/assign.ts';
import { unitDraws } from '../split/unit-draw.ts';
import type { Block, Tally } from '../stats/block.ts';
import type { SliceBlock } from '../stats/slice.ts';
import type { ControllerPorts } from './ports.ts';

const NOTHING: Tally = { requests: 0, errors: 0, clientErrors: 0, latency: {} };

/** When a look is made. */
export interface LookTime {
  /** Database time, epoch ms. */
  readonly at: number;
  /** By how much the database's clock was set since the previous look, in ms. */
  readonly stepMs: number;
}

/** One look: what the source has since the last one, judged. Nothing here changes state; the result may be discarded. */
export async function gather(
  ports: Pick<ControllerPorts, 'source' | 'router' | 'tickMs'>,
  { rollout, evidence }: RolloutRecord,
  { at, stepMs }: LookTime,
  signal: AbortSignal,
): Promise<Evidence> {
  const { route } = rollout;
  const served = await ports.router.observe(route, signal);
  const applied = served !== null && served.epoch === rollout.splitEpoch;
  const since = applied ? steadySince(rollout, evidence, served.since, at) : null;
  const collected = await ports.source.collect(requestFor(rollout, evidence, since), signal);
  const blocks = collected.kind === 'blocks' ? collected.blocks.map((block) => ownBlock(block, rollout)) : null;
  const known = onSteppedClock(evidence, stepMs);
  const step = stepContext(rollout, known.appliedAt);
  const input = { at, blocks, unusable: missingFrom(collected), skippedChecks: rollout.skippedChecks };
  const seen = step && (await judge(ports.source, rollout, known, { ...input, step }));
  const observed: Observation = {
    at,
    tickMs: ports.tickMs,
    stepMs,
    look: seen && (await forPeople(ports.source, rollout, seen)),
    blocks,
    cursor: collected.kind === 'blocks' ? collected.cursor : evidence.cursor,
    applied,
  };
  return evidenceAfterLook(rollout, evidence, observed);
}

/**
 * Since when the split has the weight that was ordered, for sources whose blocks could span moves of its ramp: null while it
 * is under way.
 */
function steadySince(rollout: Rollout, evidence: Evidence, appliedAt: number, at: number): number | null {
  const { ramp } = orderFor(rollout);
  if (ramp === undefined) return appliedAt;
  const overAt = asOfNow(ramp.since, evidence) + ramp.ms;
  return at < overAt ? null : Math.max(appliedAt, overAt);
}

function requestFor(rollout: Rollout, evidence: Evidence, since: number | null): CollectRequest {
  const { route, stable, canary } = rollout;
  const { epoch, canaryBps, measure } = orderFor(rollout);
  return {
    route,
    after: evidence.cursor,
    slowAfterMs: evidence.slowAfterMs,
    versions: { stable, canary },
    split: { epoch, canaryBps, since },
    measure,
    queries: queriesOf(rollout.policy),
    ...probesOf(rollout, canaryBps),
    ...logsOf(rollout.policy),
  };
}

/** Only while versions are compared: a weight of nothing, or of everything, has none. */
function probesOf({ policy }: Rollout, canaryBps: number): Pick<CollectRequest, 'probesEveryMs'> {
  const { probes } = policy.spec.checks;
  return probes === undefined || canaryBps === 0 || canaryBps === WHOLE_BPS ? {} : { probesEveryMs: probes.every };
}

function logsOf({ spec: { checks } }: Policy): Pick<CollectRequest, 'logs'> {
  return checks.logs === undefined ? {} : { logs: true };
}

/** With `spec.dryRun` a missing value blinds nobody, as with a query that only reports. */
function queriesOf({ spec: { checks, dryRun } }: Policy): CollectRequest['queries'] {
  if (!dryRun) return checks.queries;
  return Object.fromEntries(Object.entries(checks.queries).map(([name, query]) => [name, { ...query, dryRun }]));
}

function missingFrom(collected: Collected): string | null {
  return collected.kind === 'unusable' ? collected.reason : (collected.missing ?? null);
}

/** What people are told beside the verdict. Each is asked for where it is useful alone: a source copies what it holds. */
async function forPeople(source: ControllerPorts['source'], rollout: Rollout, seen: Look): Promise<Look> {
  const located = locate(rollout.policy, seen, await slicesOf(source, rollout, seen));
  const names = sightingsFor(seen.verdict);
  if (names.length === 0 || source.sightings === undefined) return located;
  return withSightings(located, await source.sightings(rollout.route, names));
}

async function slicesOf(
  source: ControllerPorts['source'],
  { route, firstEpoch }: Rollout,
  { verdict }: Look,
): Promise<readonly SliceBlock[]> {
  const slices = blamesCanary(verdict) ? await source.slices?.(route) : [];
  return (slices ?? []).filter(({ splitEpoch }) => splitEpoch >= firstEpoch);
}

/**
 * Data from before this rollout describes the stable only: the canary was another one, or there was none. Its split compared
 * nothing of this rollout, and does not say how its requests are assigned.
 */
function ownBlock(block: Block, rollout: Rollout): Block {
  if (block.splitEpoch >= rollout.firstEpoch) return block;
  const {
    slices: _,
    assignment: _assignment,
    drawn: _drawn,
    keys: _keys,
    worstUnit: _worst,
    logs: _logs,
    pairs: _pairs,
    ...rest
  } = block;
  return {
    ...rest,
    // All of it went to the canary of then: what is left is not like the stable's usual traffic.
    canaryBps: block.canaryBps < WHOLE_BPS ? 0 : WHOLE_BPS,
    canary: NOTHING,
    forced: { stable: NOTHING, canary: NOTHING },
    ruled: { stable: NOTHING, canary: NOTHING },
  };
}

/** Units are asked for when a look at them is due: they stay with the source, and the judge remembers what the look said. */
async function judge(
  source: ControllerPorts['source'],
  rollout: Rollout,
  evidence: Evidence,
  input: LookInput,
): Promise<Look> {
  const { policy, route, canary } = rollout;
  const seen = look(policy, evidence.judge, input);
  const { attempt, lastUnits } = orderFor(rollout);
  if (attempt === undefined || !areUnitsDue(seen.state)) return seen;
  const draws = unitDraws(route, canary.version, attempt, lastUnits);
  const units = source.units ? await source.units(route, draws) : 'uncounted';
  return units === null ? seen : look(policy, seen.state, { ...input, blocks: [], units });
}
