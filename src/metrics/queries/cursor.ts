/** How far a source and each query check have been read. */
export interface QueryCursor {
  /** The cursor of the source of the blocks. */
  readonly blocks: string | null;
  readonly checks: Readonly<Record<string, CheckCursor>>;
}

export interface CheckCursor {
  /** End of the last interval that was taken, epoch ms. */
  readonly takenUpTo: number;
  /** Why that interval gave no value; null if it gave one. */
  readonly missing: string | null;
}

const FORMAT = 'queries/1';

export function formatCursor({ blocks, checks }: QueryCursor): string {
  return JSON.stringify({ format: FORMAT, blocks, checks });
}

/** Anything that `formatCursor` did not write is a cursor of the blocks' source, as it was before there were queries. */
export function parseCursor(text: string | null): QueryCursor {
  const read = text === null ? null : parsed(text);
  if (read?.['format'] !== FORMAT) return { blocks: text, checks: {} };
  const { blocks, checks } = read;
  const entries = Object.entries(typeof checks === 'object' && checks !== null ? checks : {});
  return {
    blocks: typeof blocks === 'string' ? blocks : null,
    checks: Object.fromEntries(entries.flatMap(([name, value]) => (isCheckCursor(value) ? [[name, value]] : []))),
  };
}

function isCheckCursor(value: unknown): value is CheckCursor {
  if (typeof value !== 'object' || value === null || !('takenUpTo' in value) || !('missing' in value)) return false;
  return Number.isSafeInteger(value.takenUpTo) && (value.missing === null || typeof value.missing === 'string');
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? (value as Readonly<Record<string, unknown>> | null) : null;
  } catch {
    return null;
  }
}
