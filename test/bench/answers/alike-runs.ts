import { BodyQueue } from '../../../src/gateway/measure/reading/body-queue.ts';
import { type PolicyDocument, policySchema } from '../../../src/policy/schema.ts';
import { seededRandom } from '../../support/random.ts';
import { FAULTS, type SeenBy } from './faults.ts';
import { policyWith } from './policies.ts';
import { type RolloutEnd, virtualRollout } from './virtual-rollout.ts';
import { faults, type Onlooker } from './virtual-route.ts';

/** What looks on in virtual time beside the gateway's own readers, for checks that need more than the answer itself. */
export type Onlookers = (seed: number) => readonly Onlooker[];

export interface AlikeRuns {
  readonly runs: number;
  readonly requests: { readonly stable: number; readonly canary: number };
  /** Of the runs with one, its reason. */
  readonly alarms: readonly string[];
}

const STEPS = [
  { weight: '10%', dwell: '10s' },
  { weight: '50%', dwell: '10s' },
];
const PRIME = 7_919;
const REQUESTS_PER_BLOCK = 30;

function policyOf(seenBy: readonly SeenBy[]) {
  return policySchema.parse(policyWith('virtual', seenBy, { steps: STEPS }) as PolicyDocument);
}

/** Two versions that are the same program, with all its noise, through both steps. */
export async function alikeRuns(
  runs: number,
  seenBy: readonly SeenBy[],
  onlookers: Onlookers,
  ended: (run: number, end: RolloutEnd) => void = () => undefined,
): Promise<AlikeRuns> {
  const policy = policyOf(seenBy);
  const bodies = new BodyQueue(faults);
  const alarms: string[] = [];
  const requests = { stable: 0, canary: 0 };
  for (let run = 0; run < runs; run++) {
    const end = await virtualRollout({
      policy,
      canary: {},
      random: seededRandom(run * PRIME + 1),
      bodies,
      onlookers: onlookers(run),
      requestsPerBlock: REQUESTS_PER_BLOCK,
      blocks: { before: 30, step: 60 },
    });
    if (end.alarm) alarms.push(end.alarm.reason);
    requests.stable += end.requests.stable;
    requests.canary += end.requests.canary;
    ended(run, end);
  }
  await bodies.stop();
  return { runs, requests, alarms };
}

/** Until the canary was blamed or held for a fault. */
export interface Needed {
  /** Answers, requests or pairs that the check had of the canary. */
  readonly compared: number;
  /** Requests of users that the canary had answered. */
  readonly exposed: number;
  readonly seconds: number;
}

export interface NeededRequests {
  readonly fault: string;
  readonly seenBy: SeenBy;
  readonly runs: number;
  /** Of each run that found it. */
  readonly found: readonly Needed[];
}

/** Each fault in virtual time, several times: at half of the traffic until it is found. */
export async function neededRequests(
  runs: number,
  seenBy: readonly SeenBy[],
  onlookers: Onlookers,
): Promise<readonly NeededRequests[]> {
  const bodies = new BodyQueue(faults);
  const needed: NeededRequests[] = [];
  for (const fault of FAULTS.filter((one) => seenBy.includes(one.seenBy))) {
    const policy = policySchema.parse(
      policyWith('virtual', [fault.seenBy], { steps: [{ weight: '50%', dwell: '10s' }] }) as PolicyDocument,
    );
    const found: Needed[] = [];
    for (let run = 0; run < runs; run++) {
      const { alarm, requests, seconds } = await virtualRollout({
        policy,
        canary: fault.canary,
        random: seededRandom(run * PRIME + 5),
        bodies,
        onlookers: onlookers(run),
        requestsPerBlock: REQUESTS_PER_BLOCK,
        blocks: { before: 60, step: 1_200 },
      });
      const finding = alarm?.findings.find(({ check }) => check === fault.seenBy);
      const told = [alarm?.reason, ...(finding?.differences ?? []).map(({ says }) => says)].join('\n');
      if (alarm && fault.names.test(told)) {
        found.push({ compared: finding?.requests.canary ?? 0, exposed: requests.canary, seconds });
      }
    }
    needed.push({ fault: fault.name, seenBy: fault.seenBy, runs, found });
  }
  await bodies.stop();
  return needed;
}
