/** A place in the feed of one process: `<boot>.<number>`. */
export interface Position {
  readonly boot: string;
  readonly seq: number;
}

/** Null for what is no position. */
export function feedPosition(id: string | null): Position | null {
  const [, boot, seq] = /^(.*)\.(\d+)$/.exec(id ?? '') ?? [];
  return boot === undefined ? null : { boot, seq: Number(seq) };
}

/** Whether `position` covers what was published at `event`. Of another process nothing is covered. */
export function covers(position: Position, event: Position): boolean {
  return position.boot === event.boot && position.seq >= event.seq;
}
