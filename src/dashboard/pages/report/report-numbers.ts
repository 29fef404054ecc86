import type { ReportView } from '../../views.ts';
import { grouped, lasting } from '../../words/figures.ts';

/** A figure in large type, and what it is. */
export interface BigNumber {
  readonly figure: string;
  readonly says: string;
}

/** What people ask for. What is not known is a dash, and says so; where no evidence of harm ended it, there is no first sign. */
export function bigNumbers({ numbers }: ReportView): readonly BigNumber[] {
  const { harmed, firstSign, requests, duration } = numbers;
  return [
    harmed === null
      ? {
          figure: '–',
          says: 'no estimate of the requests that failed beyond the rate of the stable',
        }
      : { figure: `≈ ${signed(harmed.estimate)}`, says: harmed.says },
    ...(firstSign === null ? [] : [{ figure: lasting(firstSign.ms), says: firstSign.says }]),
    requests === null
      ? { figure: '–', says: 'how many requests the canary had was not counted' }
      : { figure: grouped(requests.canary), says: requests.says },
    { figure: lasting(duration.ms), says: duration.says },
  ];
}

function signed(estimate: number): string {
  return Math.round(estimate) < 0 ? `−${grouped(-estimate)}` : grouped(Math.abs(estimate));
}
