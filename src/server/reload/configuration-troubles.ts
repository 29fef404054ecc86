import { changedPath } from '../../config/changes/configuration-change.ts';
import type { LastReload } from './reloader.ts';

/** What is wrong between the file and what is in force, one sentence each. */
export function configurationTroubles({ fault, waiting }: Pick<LastReload, 'fault' | 'waiting'>): readonly string[] {
  const refused =
    fault === null
      ? []
      : [
          `the configuration could not be read again, and the last good one stays in force: ${fault}: mend it, then \`serin reload\``,
        ];
  const paths = waiting.map(changedPath).join(', ');
  return [
    ...refused,
    ...(waiting.length === 0
      ? []
      : [`a restart is needed before the file counts in ${paths}: until then it is as it was at the start`]),
  ];
}
