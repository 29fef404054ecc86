import type { CheckRequest, MetricsSource, SourceAnswer } from '../metrics/source.ts';

/**
 * Whether the sources can answer what a policy will ask them: null when they can, else one sentence. A canary has no values
 * before its first request, so nothing of it is missed yet; but a query that gives nothing for the stable never will.
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

/** Whether a rollout could never be judged on what came back. */
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
