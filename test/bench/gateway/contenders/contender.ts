import type { Children } from '../children.ts';
import type { LoadTarget } from '../load.ts';
import type { Placement } from '../placement.ts';

/** What a contender is started with. */
export interface Stage {
  readonly children: Children;
  readonly placement: Placement;
  /** The stable and the canary; who knows no versions takes the first. */
  readonly upstreams: readonly [number, number];
  /** For configuration and logs; removed at the end. */
  readonly folder: string;
}

export interface Started extends LoadTarget {
  readonly version: string;
  /** Rejects when it is no longer what it was started as. */
  readonly verify?: () => Promise<void>;
}

/** Something that stands between clients and the upstream. */
export interface Contender {
  readonly name: string;
  readonly family: 'none' | 'native' | 'peer' | 'serin' | 'before' | 'part';
  /** What it is, in the words of the report. */
  readonly about: string;
  /** Gets what it needs; the reason when it cannot run here, else null. */
  prepare(): string | null;
  start(stage: Stage): Promise<Started>;
}
