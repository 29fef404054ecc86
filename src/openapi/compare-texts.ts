import { type DeclaredDifference, declaredDifferences } from '../parity/declared/declared-difference.ts';
import { readShapes } from './read-shapes.ts';

/** The documents of both versions. */
export interface DocumentTexts {
  readonly stable: string;
  readonly canary: string;
}

export type TextsReading =
  | {
      readonly ok: true;
      readonly differences: readonly DeclaredDifference[];
      /** See `DeclaredReading`. */
      readonly left: number;
    }
  /** Why not, as a clause about that document, or about the two of them. */
  | { readonly ok: false; readonly of: ReadPart; readonly reason: string };

/** What is being read. */
export type ReadPart = keyof DocumentTexts | 'both';

/** Differences that are told, the breaking ones first: all of a careful release, and no more than a list of rollouts can hold. */
const MOST_TOLD = 500;
/** Characters of one of them. */
const LONGEST_TOLD = 2_000;

/**
 * How the answers differ that two OpenAPI documents declare. Blocks for as long as that takes: see `compareInThread`.
 *
 * @param onPart what is read from now on
 */
export async function compareTexts(texts: DocumentTexts, onPart: (part: ReadPart) => void): Promise<TextsReading> {
  onPart('stable');
  const before = await readShapes(texts.stable);
  if (!before.ok) return { ok: false, of: 'stable', reason: before.reason };
  onPart('canary');
  const after = await readShapes(texts.canary);
  if (!after.ok) return { ok: false, of: 'canary', reason: after.reason };
  onPart('both');
  const found = declaredDifferences(before.shapes, after.shapes);
  const differences = found.filter((one) => lengthOf(one) <= LONGEST_TOLD).slice(0, MOST_TOLD);
  return { ok: true, differences, left: found.length - differences.length };
}

function lengthOf({ place, path, to, says }: DeclaredDifference): number {
  return place.length + path.length + (to?.length ?? 0) + says.length;
}
