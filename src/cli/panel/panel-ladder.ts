import type { RolloutView } from '../../api/view-schemas.ts';
import { widthOf } from '../text.ts';
import type { Paint } from './figures.ts';

const LINK = ' > ';

/** The stages from internal to promoted with the present one marked, over as many lines as the width requires. */
export function renderLadder(view: RolloutView, width: number, paint: Paint): string[] {
  const present = presentIndex(view);
  const rungs = view.stages.map(({ label }, index) => {
    if (index < present) return paint.green(`● ${label}`);
    return index === present ? paint.bold(paint.cyan(`◉ ${label}`)) : paint.dim(`○ ${label}`);
  });
  const end = endMark(view.stage, paint);
  return flow(end === null ? rungs : [...rungs, end], width);
}

/** The current position; past the last when all is done, before the first when nothing was done or nothing counts any more. */
function presentIndex({ stage, stages }: RolloutView): number {
  return stage === 'finalised' ? stages.length : stages.findIndex(({ name }) => name === stage);
}

function endMark(stage: string, paint: Paint): string | null {
  switch (stage) {
    case 'rolled-back':
      return paint.bold(paint.red('✗ rolled back'));
    case 'aborted':
    case 'superseded':
      return paint.bold(paint.yellow(`✗ ${stage}`));
    case 'finalised':
      return paint.bold(paint.green('✓ finalised'));
    default:
      return null;
  }
}

function flow(rungs: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const rung of rungs) {
    const longer = line === '' ? rung : line + LINK + rung;
    if (widthOf(longer) > width && line !== '') {
      lines.push(line);
      line = rung;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}
