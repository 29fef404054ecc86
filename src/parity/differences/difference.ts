import type { Sighting } from '../../stats/answers/sighting.ts';
import type { Interval } from '../../stats/evidence/confidence.ts';

/** How often something was seen: of what, and the 95 % confidence sequence of the share. */
export interface SeenShare {
  readonly count: number;
  readonly of: number;
  readonly bounds: Interval | null;
}

/** What a difference does to those who read the answers, or the log. */
export type DifferenceKind =
  | 'removed'
  | 'renamed'
  | 'retyped'
  | 'nullable'
  | 'optional'
  | 'new-value'
  | 'reformatted'
  | 'other-type'
  | 'other-value'
  | 'added'
  | 'wider'
  | 'new-template'
  | 'lost-template'
  | 'more-lines'
  | 'other-mix'
  | 'lost-field'
  | 'new-call'
  | 'lost-call'
  | 'other-call-rate';

const OF_LOGS: readonly DifferenceKind[] = [
  'new-template',
  'lost-template',
  'more-lines',
  'other-mix',
  'lost-field',
  'new-call',
  'lost-call',
  'other-call-rate',
];

/** Whether it is one of log lines, which do not say whose request they are of. */
export function isOfLogs(kind: string): boolean {
  return OF_LOGS.some((one) => one === kind);
}

/** One difference between the versions that is shown, not only seen. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** Whether it can break a client that worked before; one that cannot is told, and changes no verdict. */
  readonly effect: 'breaking' | 'compatible';
  /** The place of answers, or the logger. */
  readonly place: string;
  /** The path, header or template that differs. */
  readonly path: string;
  /** Of a renamed field its new path; of what became another thing, the thing: `string`, `null`, `PAID`. */
  readonly to: string | null;
  readonly canary: SeenShare;
  readonly stable: SeenShare;
  /** Its log e-value. */
  readonly logHarm: number;
  /** End of the block in which it was seen first, epoch ms by the gateway's clock; null if unknown. */
  readonly firstSeen: number | null;
  /** What is remembered of it where it was seen, by this name: see `Sighting`; null for nothing. */
  readonly sighting: string | null;
  /** What that is: asked for of the worst of a verdict. */
  readonly seen?: Sighting;
  /** A clause: `/amount is gone (0 of 412 answers against 3,690 of 3,690)`. */
  readonly says: string;
}

/** Of one check, in its finding. */
export const MOST_DIFFERENCES = 20;
