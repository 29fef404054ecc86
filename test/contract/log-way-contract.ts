// oxlint-disable vitest/valid-title, vitest/no-conditional-tests -- this makes a suite out of what it is given
import { describe, expect, it } from 'vitest';
import type { LogLine } from '../../src/logs/lines/log-line.ts';
import type { LogWay } from '../../src/logs/ways/way.ts';

/** A line as every way can carry it. */
export interface SentLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly logger: string;
  readonly message: string;
  /** Epoch ms. */
  readonly at: number;
  readonly version: string;
  readonly fields: Readonly<Record<string, string | number>>;
}

/** One way in, and how its senders write. */
export interface WayBench {
  readonly way: LogWay;
  batch(lines: readonly SentLine[]): Buffer;
  /** A batch with one line that cannot be read between two that can; null where a batch is all or nothing. */
  broken: ((good: SentLine) => Buffer) | null;
}

/** Where nobody `wants` them, lines are only counted. */
export function readBy(way: LogWay, bytes: Buffer, wants = true) {
  const lines: LogLine[] = [];
  const faults: string[] = [];
  let unread = 0;
  way.read(bytes, {
    wants: () => wants,
    line: (line) => lines.push(line),
    fault: (kind) => faults.push(kind),
    unread: (count) => {
      unread += count;
    },
  });
  return { lines, faults, unread };
}

export const SENT: SentLine = {
  level: 'error',
  logger: 'pay.Charge',
  message: 'card 17 declined',
  at: 1_800_000_000_500,
  version: 'v2',
  fields: { 'card.kind': 'debit', 'peer.service': 'bank' },
};

/** What every way makes of lines, whatever its form. */
export function logWayContract(name: string, { way, batch, broken }: WayBench): void {
  describe(name, () => {
    it('says of a line its level, logger, message, time, version, fields and call', () => {
      const { lines, faults } = readBy(way, batch([SENT]));
      expect(faults).toEqual([]);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({
        level: 'error',
        logger: 'pay.Charge',
        message: 'card 17 declined',
        at: 1_800_000_000_500,
        version: 'v2',
        call: 'http bank',
      });
      expect(lines[0]?.fields).toEqual(expect.arrayContaining(['card.kind', 'peer.service']));
      expect(['card.kind', 'peer.service', 'none'].map((field) => lines[0]?.fieldValue(field))).toEqual([
        'debit',
        'bank',
        undefined,
      ]);
    });

    it('reads every level', () => {
      const levels = ['error', 'warn', 'info', 'debug'] as const;
      const { lines } = readBy(way, batch(levels.map((level) => ({ ...SENT, level }))));
      expect(lines.map(({ level }) => level)).toEqual(levels);
    });

    it('takes the first line of a stack trace, and the class of its exception', () => {
      const trace = 'charge failed\njava.lang.IllegalStateException: no card\n\tat pay.Charge.run(Charge.java:17)';
      const { lines } = readBy(way, batch([{ ...SENT, message: trace }]));
      expect(lines.map(({ message }) => message)).toEqual(['charge failed [java.lang.IllegalStateException]']);
    });

    it('keeps names that mean something to JavaScript out', () => {
      const fields = JSON.parse('{"__proto__":"x","constructor":"y"}');
      const { lines } = readBy(way, batch([{ ...SENT, fields }]));
      expect(lines[0]?.fields).not.toContain('__proto__');
      expect(Object.prototype).not.toHaveProperty('x');
    });

    it('looks at a bounded number of fields, and at a bounded part of a text', () => {
      const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`f${at}`, at]));
      const { lines } = readBy(way, batch([{ ...SENT, message: 'm'.repeat(20_000), fields: many }]));
      expect(lines[0]?.fields.length).toBeLessThanOrEqual(256);
      expect(lines[0]?.message.length).toBeLessThanOrEqual(1_100);
    });

    it('counts a line that is too long, and reads those around it', () => {
      const { lines, faults } = readBy(way, batch([SENT, { ...SENT, message: 'x'.repeat(10_000_000) }, SENT]));
      expect([lines.length, faults]).toEqual([2, ['too-long']]);
    });

    it('only counts the lines that nobody needs', () => {
      expect(readBy(way, batch([SENT, SENT, SENT]), false)).toEqual({ lines: [], faults: [], unread: 3 });
    });

    it('reads nothing out of nothing', () => {
      expect(readBy(way, batch([]))).toEqual({ lines: [], faults: [], unread: 0 });
    });

    if (broken) {
      it('counts a line that cannot be read, and reads those around it', () => {
        const { lines, faults } = readBy(way, broken(SENT));
        expect([lines.length, faults]).toEqual([2, ['malformed']]);
      });
    }
  });
}
