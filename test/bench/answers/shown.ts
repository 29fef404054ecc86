import type { Onlookers } from './alike-runs.ts';
import type { SeenBy } from './faults.ts';
import { LogOnlooker } from './log-onlooker.ts';

/** The checks that are run. */
export const CHECKS_SHOWN: readonly SeenBy[] = ['responseShape', 'answers', 'logs', 'content'];

export const virtualOnlookers: Onlookers = () => [new LogOnlooker()];
