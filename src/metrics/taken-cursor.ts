import { isRecord } from '../policy/is-record.ts';

/** How far what is put on blocks was taken, beside the cursor of the source of the blocks. */
export interface TakenCursor {
  readonly blocks: string | null;
  /** The last number that was taken, and the one who numbers so; null where nothing was. */
  readonly taken: { readonly boot: string; readonly seq: number } | null;
}

/** Each kind of what is taken has its own. */
type CursorFormat = 'probes/1' | 'logs/1';

export function formatTakenCursor(format: CursorFormat, { blocks, taken }: TakenCursor): string {
  return JSON.stringify({ format, blocks, taken });
}

/** Anything that `formatTakenCursor` did not write in this format is a cursor of the blocks' source. */
export function parseTakenCursor(format: CursorFormat, text: string | null): TakenCursor {
  const read = text?.startsWith(`{"format":"${format}"`) ? parsed(text) : null;
  if (read === null) return { blocks: text, taken: null };
  const { blocks, taken } = read;
  const isTaken = isRecord(taken) && typeof taken['boot'] === 'string' && Number.isSafeInteger(taken['seq']);
  return {
    blocks: typeof blocks === 'string' ? blocks : null,
    taken: isTaken ? { boot: String(taken['boot']), seq: Number(taken['seq']) } : null,
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
