import { counted } from '../../policy/counted.ts';
import type { SeenShare } from '../differences/difference.ts';
import { formatCount } from '../figures.ts';
import { clip } from '../words.ts';
import type { NamedSlot } from './named-slot.ts';

/** Places with more in them than there is room for, and what a person can do. */
export function tooMuchAt(places: readonly string[]): string {
  const [first = '', ...more] = places.map(clip);
  const others = more.length === 0 ? '' : ` and ${counted(more.length, 'more place')}`;
  return (
    `answers at ${first}${others} have more in them than is compared, so that what is gone there might not show; ` +
    'name in `ignore` what clients choose themselves, such as /data/**'
  );
}

interface Shares {
  readonly canary: SeenShare;
  readonly stable: SeenShare;
}

/** Of the answers, what is not so. */
function lacking({ canary, stable }: Shares): Shares {
  const rest = ({ count, of, bounds }: SeenShare): SeenShare => ({ count: of - count, of, bounds });
  return { canary: rest(canary), stable: rest(stable) };
}

/** `/amount is gone (0 of 412 answers against 3,690 of 3,690)`. */
export function sayDifference(named: NamedSlot, shares: Shares): string {
  const { kind, slot, to } = named;
  const isList = slot.fact.trait === 'empty';
  const what = whatOf(named);
  const figures = inWords(shares);
  const became = to === null ? '' : clip(to);
  switch (kind) {
    case 'removed':
      return `${what} is gone ${figures}`;
    case 'renamed':
      return `${what} is gone and ${became} came, probably renamed ${figures}`;
    case 'optional':
      if (isList) return `${what} is empty ${figures}`;
      if (slot.fact.trait === 'absent') return `some items lack ${what} ${figures}`;
      return `${what} is missing ${inWords(lacking(shares))}`;
    case 'nullable':
      return `${what} is null ${figures}`;
    case 'retyped':
      return `${what} is ${became === 'integer' || became === 'object' || became === 'array' ? 'an' : 'a'} ${became} ${figures}`;
    case 'reformatted': {
      const format = slot.fact.trait.slice('format:'.length);
      const instead = to === null ? '' : ` but ${became}`;
      return `${what} is no ${format}${instead} ${inWords(lacking(shares))}`;
    }
    case 'new-value':
      return `${what} says ${became}, which the stable does not ${figures}`;
    case 'other-value':
      return `${what} says ${became} more often ${figures}`;
    case 'wider':
      return `${what} has numbers ${decadeInWords(Number(to))} more often ${figures}`;
    case 'other-type':
      return to === 'no JSON'
        ? `what says that it is JSON is none ${inWords(lacking(shares))}`
        : `the type is ${became} ${figures}`;
    default:
      return `${what} is there${shares.stable.count > 0 ? ' more often' : ', which it was not'} ${figures}`;
  }
}

function whatOf({ slot: { fact } }: NamedSlot): string {
  if (fact.trait === 'header') return `header ${clip(fact.path)}`;
  return fact.path === '' ? 'the document' : clip(fact.path);
}

/** `(0 of 412 answers against 3,690 of 3,690)`; of what is over, that it was earlier. */
function inWords({ canary, stable }: Shares): string {
  if (canary.of === 0 || stable.of === 0) return 'as was seen earlier in this rollout';
  return (
    `(${formatCount(canary.count)} of ${formatCount(canary.of)} answers against ` +
    `${formatCount(stable.count)} of ${formatCount(stable.of)})`
  );
}

/** `from 1,000 up to 10,000` */
function decadeInWords(decade: number): string {
  const edge = (power: number) => formatCount(10 ** Math.abs(power));
  if (decade === 0) return 'between -10 and 10';
  return decade > 0
    ? `from ${edge(decade)} up to ${edge(decade + 1)}`
    : `from -${edge(decade)} down to -${edge(decade - 1)}`;
}
