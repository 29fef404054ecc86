import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileTail } from '../../../src/logs/tail/file-tail.ts';
import type { LogReceipt } from '../../../src/logs/thread/log-intake.ts';
import { textFiles } from '../../../src/logs/ways/text.ts';
import { readBy } from '../../contract/log-way-contract.ts';

let folder: string;
let path: string;
let seen: string[];
let alive: number;
let failures: unknown[];
let skipped: number;
let missedSince: number[];
let answer: LogReceipt;
let tail: FileTail;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'serin-tail-'));
  path = join(folder, 'shop.log');
  [seen, alive, failures, skipped, answer] = [[], 0, [], 0, { kind: 'read', totals: [] }];
  missedSince = [];
  tail = new FileTail({
    route: 'shop',
    path,
    version: 'v2',
    onFailure: (error) => failures.push(error),
    onSkipped: (bytes) => {
      skipped += bytes;
    },
    sink: {
      async give({ bytes }) {
        if (answer.kind === 'busy') return answer;
        const { lines, faults } = readBy(textFiles, Buffer.from(bytes));
        seen.push(...lines.map(({ message }) => message), ...faults);
        return answer;
      },
      alive: () => {
        alive++;
      },
      missed: (_, from) => missedSince.push(from),
    },
  });
});

afterEach(async () => {
  await tail.close();
  rmSync(folder, { recursive: true });
});

describe('a file that is followed', () => {
  it('is read from its end on, line by line, once a line is whole', async () => {
    writeFileSync(path, 'old\n');
    await tail.look();
    appendFileSync(path, 'one\ntw');
    await tail.look();
    expect(seen).toEqual(['one']);
    appendFileSync(path, 'o\n');
    await tail.look();
    expect([seen, alive, failures]).toEqual([['one', 'two'], 3, []]);
  });

  it('is read through its absence, its renaming and its truncation', async () => {
    await tail.look();
    writeFileSync(path, 'one\n');
    await tail.look();
    appendFileSync(path, 'two\n');
    renameSync(path, `${path}.1`);
    await tail.look();
    writeFileSync(path, 'three\n');
    await tail.look();
    truncateSync(path, 0);
    await tail.look();
    appendFileSync(path, 'four\n');
    await tail.look();
    expect([seen, failures]).toEqual([['one', 'two', 'three', 'four'], []]);
  });

  it('is read again where its lines were turned away', async () => {
    writeFileSync(path, '');
    await tail.look();
    appendFileSync(path, 'one\n');
    answer = { kind: 'busy', retryAfterMs: 1 };
    await tail.look();
    answer = { kind: 'read', totals: [] };
    await tail.look();
    expect(seen).toEqual(['one']);
  });

  it('is read to its end before the one that took its place, where its lines were turned away meanwhile', async () => {
    writeFileSync(path, '');
    await tail.look();
    appendFileSync(path, 'one\n');
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'two\n');
    answer = { kind: 'busy', retryAfterMs: 1 };
    await tail.look();
    answer = { kind: 'read', totals: [] };
    await tail.look();
    expect(seen).toEqual(['one', 'two']);
  });

  it.skipIf(process.platform !== 'linux')('is let go once it is deleted and read to its end', async () => {
    const isHeld = () => readdirSync('/proc/self/fd').some((fd) => targetOf(fd).startsWith(path));
    writeFileSync(path, '');
    await tail.look();
    appendFileSync(path, 'one\n');
    rmSync(path);
    answer = { kind: 'busy', retryAfterMs: 1 };
    await tail.look();
    expect(isHeld()).toBe(true);
    answer = { kind: 'read', totals: [] };
    await tail.look();
    expect([seen, isHeld()]).toEqual([['one'], false]);
    writeFileSync(path, 'two\n');
    await tail.look();
    expect(seen).toEqual(['one', 'two']);
  });

  it('may have a line of 10 MB, and grow by more than is read', async () => {
    writeFileSync(path, '');
    await tail.look();
    for (let at = 0; at < 5; at++) {
      appendFileSync(path, 'x'.repeat(2_000_000));
      await tail.look();
    }
    appendFileSync(path, '\none\n');
    const readAt = Date.now();
    await tail.look();
    expect(seen).toEqual(['one', 'too-long']);
    expect([skipped, missedSince]).toEqual([0, []]);
    appendFileSync(path, 'many\n'.repeat(1_000_000));
    appendFileSync(path, 'last\n');
    await tail.look();
    expect(skipped).toBe(5_000_005 - 4 * 1024 * 1024);
    expect(missedSince).toHaveLength(1);
    expect(Math.abs(Number(missedSince[0]) - readAt)).toBeLessThanOrEqual(5);
    expect(seen.length).toBeLessThan(900_000);
    expect(seen.filter((line) => line === 'last')).toHaveLength(1);
  });

  it('is told of once where it cannot be read', async () => {
    rmSync(folder, { recursive: true });
    writeFileSync(folder, '');
    await tail.look();
    await tail.look();
    expect(failures).toHaveLength(1);
  });
});

function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
