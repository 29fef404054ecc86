import { WHOLE_BPS } from '../split/assign.ts';
import type { DocumentFault, Path } from './fault.ts';
import type { Legible, LegibleSpec } from './legible.ts';
import type { Gate } from './schema.ts';
import { formatBps, formatDuration } from './units.ts';

const STEPS: Path = ['spec', 'steps'];

/** Rules about the order of the phases, their dwell and their gates. */
export function checkStages(spec: LegibleSpec): readonly DocumentFault[] {
  return [
    ...internalTestsSomething(spec),
    ...weightsRise(spec),
    ...consumersComeFirst(spec),
    ...onlyTheListMoves(spec),
    ...unlistedStay(spec),
    ...sunsetFollows(spec),
    ...dwellsAreReachable(spec),
    ...gatesAreNamedOnce(spec),
    ...aSecondPersonHasTime(spec),
  ];
}

function internalTestsSomething({ internal }: LegibleSpec): DocumentFault[] {
  const requests = internal?.requests ?? null;
  const maxErrors = internal?.maxErrors ?? null;
  if (requests === null || maxErrors === null || requests === 0 || maxErrors < requests) return [];
  const message = `maxErrors must be below requests: ${maxErrors} of ${requests}`;
  return [{ path: ['spec', 'internal', 'maxErrors'], message, at: 'key' }];
}

function weightsRise({ steps }: LegibleSpec): DocumentFault[] {
  const faults: DocumentFault[] = [];
  let before: number | null = null;
  for (const [index, step] of (steps ?? []).entries()) {
    if (step === null || !('weight' in step) || step.weight === null) continue;
    const fault = (message: string) => faults.push({ path: [...STEPS, index, 'weight'], message, at: 'key' });
    if (step.weight === 0) fault('weight must be above 0%: the phase without a share of the traffic is spec.internal');
    else if (step.weight === WHOLE_BPS)
      fault('weight must be below 100%: 100% is the bake, which follows the last step');
    else {
      if (before !== null && step.weight <= before) {
        fault(`weight must rise: ${formatBps(step.weight)} after ${formatBps(before)}`);
      }
      before = step.weight;
    }
  }
  return faults;
}

function consumersComeFirst({ steps }: LegibleSpec): DocumentFault[] {
  const faults: DocumentFault[] = [];
  let weight: number | null = null;
  for (const [index, step] of (steps ?? []).entries()) {
    if (step === null) continue;
    if ('weight' in step) weight = step.weight;
    else if (weight !== null) {
      const message = `a consumer step must come before the weight steps: the weight would fall from ${formatBps(weight)} to 0%`;
      faults.push({ path: [...STEPS, index, 'consumers'], message, at: 'key' });
    }
  }
  return faults;
}

/**
 * With weight steps after it, a consumer step is a pilot, and unlisted clients rightly follow the weight later. Without
 * any, the list is the whole migration: then a weight set by hand must not move an unlisted client.
 */
function onlyTheListMoves({ steps, consumers }: LegibleSpec): DocumentFault[] {
  if (steps === null || steps.length === 0 || consumers?.default !== 'by-weight') return [];
  if (!steps.every((step) => step !== null && 'consumers' in step)) return [];
  const message = 'consumers.default must be stable where every step moves listed consumers only';
  return [{ path: ['spec', 'consumers', 'default'], message, at: 'key' }];
}

function unlistedStay({ consumers }: LegibleSpec): DocumentFault[] {
  if (!consumers?.unlisted || consumers.default !== 'by-weight') return [];
  const message = 'unlisted bounds those who stay on the stable: it takes consumers.default: stable';
  return [{ path: ['spec', 'consumers', 'unlisted'], message, at: 'key' }];
}

/** RFC 9745 section 4. */
function sunsetFollows({ consumers }: LegibleSpec): DocumentFault[] {
  const { since, sunset } = consumers?.deprecation ?? {};
  if (typeof since !== 'string' || typeof sunset !== 'string' || sunset >= since) return [];
  const message = `sunset must not be before since: ${sunset} against ${since}`;
  return [{ path: ['spec', 'consumers', 'deprecation', 'sunset'], message, at: 'value' }];
}

/** A dwell of 0s makes no claim: such a step advances as soon as parity is shown. */
function dwellsAreReachable({ steps, judge }: LegibleSpec): DocumentFault[] {
  const minStep = judge?.minStep ?? null;
  return (steps ?? []).flatMap((step, index): DocumentFault[] => {
    if (minStep === null || step === null || !('weight' in step)) return [];
    if (step.dwell === null || step.dwell === 0 || step.dwell >= minStep) return [];
    const message = `dwell must be at least judge.minStep: ${formatDuration(step.dwell)} against ${formatDuration(minStep)}`;
    return [{ path: [...STEPS, index, 'dwell'], message, at: 'key' }];
  });
}

const [SHORTEST_MS, LONGEST_MS] = [60_000, 86_400_000];

function aSecondPersonHasTime({ protect }: LegibleSpec): DocumentFault[] {
  const within = protect?.within ?? null;
  if (within === null || (within >= SHORTEST_MS && within <= LONGEST_MS)) return [];
  const message = `within must be from ${formatDuration(SHORTEST_MS)} to ${formatDuration(LONGEST_MS)}, not ${formatDuration(within)}`;
  return [{ path: ['spec', 'protect', 'within'], message, at: 'key' }];
}

function gatesAreNamedOnce({ internal, steps }: LegibleSpec): DocumentFault[] {
  const lists = [
    { path: ['spec', 'internal', 'gates'], gates: internal?.gates },
    ...(steps ?? []).map((step, index) => ({ path: [...STEPS, index, 'gates'], gates: step?.gates })),
  ];
  return lists.flatMap(({ path, gates }) =>
    (gates ?? [])
      .map(nameOfGate)
      .flatMap((gate, index, all): DocumentFault[] =>
        gate !== null && all.indexOf(gate) < index
          ? [{ path: [...path, index], message: `gate ${gate} is named twice in one phase`, at: 'value' }]
          : [],
      ),
  );
}

function nameOfGate(gate: Legible<Gate>): string | null {
  return gate === null || typeof gate === 'string' ? gate : gate.name;
}
