import type { RolloutView } from '../../api/view-schemas.ts';
import { clean, wrap } from '../text.ts';
import type { Paint } from './figures.ts';

const MARK = 2;

/** Everything that the next stage still waits for, and what it has: one line each, under the name of that stage. */
export function renderNeeds({ needs, nextStage, stages }: RolloutView, width: number, paint: Paint): string[] {
  if (needs.length === 0 || nextStage === null) return [];
  const { label = nextStage } = stages.find(({ name }) => name === nextStage) ?? {};
  return ['', paint.bold(`To ${label}, all of these`), ...needs.flatMap((need) => needLines(need, width, paint))];
}

function needLines({ met, says }: RolloutView['needs'][number], width: number, paint: Paint): string[] {
  return wrap(clean(says), width - MARK).map((part, at) => {
    const mark = at > 0 ? ' ' : met ? paint.green('✓') : paint.yellow('○');
    return `${mark} ${met ? paint.dim(part) : part}`;
  });
}
