import { randomUUID } from 'node:crypto';
import type { Block } from '../../stats/block.ts';
import { HeldShapes, withoutShapes } from './shapes/held-shapes.ts';
import { KEPT_SLICE_BLOCKS } from './slice-history.ts';

/** The most blocks a route holds, closed or waiting to close; beyond it the oldest are lost. */
export const KEPT_BLOCKS = 1_000;

/** The closed blocks of a route until they are collected, oldest first, and the cursors that say which were. */
export class ClosedBlocks {
  /** Cursors from another process, or from an earlier run of this one, mean nothing here. */
  private readonly boot = randomUUID();
  private readonly blocks: Block[] = [];
  private readonly shapes = new HeldShapes();
  /** Sequence number of the first of `blocks`. */
  private first = 1;

  get count(): number {
    return this.blocks.length;
  }

  /** Names the last block. */
  get cursor(): string {
    return `${this.boot}.${this.first + this.blocks.length - 1}`;
  }

  add(block: Block): void {
    this.blocks.push(block);
    this.forgetSlices(this.blocks.length - KEPT_SLICE_BLOCKS - 1);
    for (const seq of this.shapes.add(this.first + this.blocks.length - 1, block)) {
      const held = this.blocks[seq - this.first];
      if (held !== undefined) this.blocks[seq - this.first] = withoutShapes(held);
    }
  }

  /** Those that a cursor has not passed. */
  after(cursor: string | null): readonly Block[] {
    return this.blocks.slice(this.passedBy(cursor));
  }

  /** Forgets those that a cursor has passed. */
  forget(cursor: string | null): void {
    this.drop(this.passedBy(cursor));
  }

  forgetOldest(): void {
    this.drop(Math.min(1, this.blocks.length));
  }

  private drop(count: number): void {
    this.blocks.splice(0, count);
    this.first += count;
    this.shapes.dropBefore(this.first);
  }

  /** Blocks that nobody collects keep no more slices than the history does. */
  private forgetSlices(at: number): void {
    const block = this.blocks[at];
    if (block?.slices === undefined) return;
    const { slices: _, ...rest } = block;
    this.blocks[at] = rest;
  }

  private passedBy(cursor: string | null): number {
    const seq = cursor?.startsWith(`${this.boot}.`) ? Number(cursor.slice(this.boot.length + 1)) : 0;
    if (!Number.isSafeInteger(seq)) return 0;
    return Math.min(Math.max(0, seq - this.first + 1), this.blocks.length);
  }
}
