import type { Path } from '../../policy/fault.ts';
import { ROUTE_EFFECTS } from './effects.ts';
import { type FileData, type FileUnit, unitsOf } from './file-units.ts';

/** One difference between two files. Both values are as they were written: of a secret, and of what the environment gives, the name. */
export interface ConfigurationChange {
  /** By names: `routes.shop.timeouts`. */
  readonly path: readonly string[];
  /** Where it is in the file that has it. */
  readonly at: Path;
  /** Null where the file leaves it out. */
  readonly before: unknown;
  readonly after: unknown;
  readonly effect: ChangeEffect;
}

export type ChangeEffect =
  | { readonly kind: 'applied' }
  | { readonly kind: 'needs-restart' }
  /** With the reason, which says what to type. */
  | { readonly kind: 'refused'; readonly why: string };

/** A rollout that runs. */
export interface RunningRollout {
  readonly id: string;
  readonly route: string;
  /** Of the canary. */
  readonly version: string;
}

/** The differences from one file to another, in the order of the schema. Order within lists of names and routes is none. */
export function changesBetween(
  before: FileData,
  after: FileData,
  running: readonly RunningRollout[] = [],
): readonly ConfigurationChange[] {
  const earlier = byPath(unitsOf(before));
  const later = byPath(unitsOf(after));
  const paths = [...new Set([...earlier.keys(), ...later.keys()])];
  return paths.flatMap((path): readonly ConfigurationChange[] => {
    const was = earlier.get(path);
    const is = later.get(path);
    const unit = is ?? was;
    if (unit === undefined || was?.meaning === is?.meaning) return [];
    const [top, name] = unit.path;
    // A route that came or went is told once.
    const whole = JSON.stringify([top, name]);
    if (top === 'routes' && unit.path.length > 2 && earlier.has(whole) !== later.has(whole)) return [];
    return [
      {
        path: unit.path,
        at: unit.at,
        before: was?.written ?? null,
        after: is?.written ?? null,
        effect: effectOf(unit, running),
      },
    ];
  });
}

function byPath(units: readonly FileUnit[]): ReadonlyMap<string, FileUnit> {
  return new Map(units.map((unit) => [JSON.stringify(unit.path), unit]));
}

function effectOf({ path, effect }: FileUnit, running: readonly RunningRollout[]): ChangeEffect {
  const [top, name, field] = path;
  const rollout = top === 'routes' ? running.find(({ route }) => route === name) : undefined;
  if (rollout !== undefined && (field === undefined || isPinned(field))) {
    const what =
      field === undefined ? `the route ${name} cannot be removed` : `${field} of the route ${name} cannot change`;
    return {
      kind: 'refused',
      why: `${what} while the rollout of ${rollout.version} runs there: wait for its end, or end it: serin abort ${name}`,
    };
  }
  switch (effect) {
    case 'applied':
      return { kind: 'applied' };
    case 'restart':
      return { kind: 'needs-restart' };
  }
}

function isPinned(field: string): boolean {
  return Object.entries(ROUTE_EFFECTS).some(([one, whileRunning]) => one === field && whileRunning === 'pinned');
}

/** `routes.shop.timeouts` */
export function changedPath({ path }: Pick<ConfigurationChange, 'path'>): string {
  return path.join('.');
}
