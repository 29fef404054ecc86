import type { CheckRequest, MetricsSource, SourceAnswer } from '../metrics/source.ts';

/**
 * Whether the sources can answer what a policy will ask: null if so, else one sentence. A canary has no values before
 * its first request, so missing ones are fine; but a query that returns nothing for the stable never will.
 */
export async function trySource(
  source: MetricsSource,
  request: CheckRequest,
  signal: AbortSignal,
): Promise<string | null> {
  const answers = (await source.check?.(request, signal)) ?? [];
  const failed = answers.find(isFailure);
  return failed ? failureSentence(failed) : null;
}

/** Whether these answers mean that a rollout could never be judged. */
export function isFailure({ outcome, track }: SourceAnswer): boolean {
  switch (outcome) {
    case 'value':
    case 'unusable':
      return false;
    case 'nothing':
      return track === 'stable';
    case 'refused':
    case 'undeclared':
    case 'unreachable':
      return true;
  }
}

export function failureSentence({ what, source, track, version, outcome, says }: SourceAnswer): string {
  if (outcome === 'unreachable') return `the source ${source} cannot be reached: ${says}`;
  return outcome === 'nothing' ? `${what} of the ${track} ${version}: ${says}` : `${what}: ${says}`;
}
