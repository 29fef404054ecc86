import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffPolicies, digestPolicy, policyYaml, writePolicy } from '../../src/policy/digest.ts';
import { legiblePolicy } from '../../src/policy/legible.ts';
import { formatIssue } from '../../src/policy/place.ts';
import { readPolicy } from '../../src/policy/read.ts';
import { policySchema } from '../../src/policy/schema.ts';

const FOLDER = new URL('../../policies/', import.meta.url);
const SHIPPED = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(new URL(name, FOLDER), 'utf8'));

/** What is wrong with how a text is read: it must not throw, and every refusal must have a place that the text has. */
function faultsOfReading(text: string): string[] {
  const reading = readPolicy(text, 'p.yaml');
  if (reading.ok) return reading.digest === digestPolicy(reading.policy) ? [] : ['another digest'];
  if (reading.issues.length === 0) return ['refused without a word'];
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  return reading.issues.flatMap((issue) => {
    const { line, column } = issue.place ?? { line: 0, column: 0 };
    const width = lines[line - 1]?.length ?? -1;
    const faults: string[] = [];
    if (column < 1 || column > width + 1) faults.push(`no such place: ${line}:${column}`);
    if (!/^.*\S.*$/u.test(issue.message) || /invalid input/i.test(issue.message)) faults.push(`says ${issue.message}`);
    if (formatIssue(issue).split('\n').length !== 3) faults.push('is not a sentence, a line and a caret');
    return faults;
  });
}

const KEYS = [
  'weight',
  'dwell',
  'steps',
  'spec',
  'consumers',
  'listed',
  'judge',
  '__proto__',
  'constructor',
  'toString',
];
const VALUES = ['10%', '50%', '0%', '24h', '5ms', 'null', '~', '.nan', '.inf', '1e999', '-1', '0x1F'];
const MARKS = ['-', ':', '{', '}', '[', ']', ',', '&a', '*a', '<<', '!!set', '|', '>', '#', '?', '"', "'", '%', '---'];
const CONTROLS = ['\t', '\r\n', '\n', '\u0000', '\u001b', '\ud800'];
const word = fc.constantFrom(...KEYS, ...VALUES, ...MARKS, ...CONTROLS);

const mutation = fc.record({
  at: fc.nat(),
  cut: fc.nat(12),
  insert: fc.oneof(fc.constant(''), word, fc.string({ maxLength: 6 })),
});

describe('readPolicy', () => {
  it('never throws on arbitrary text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(text, (given) => {
        expect(faultsOfReading(given)).toEqual([]);
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });

  it('never throws on words of the language in any order', () => {
    const text = fc.array(fc.oneof(word, fc.constantFrom(' ', '  ', '\n', '\n  ')), { maxLength: 60 });
    fc.assert(
      fc.property(text, (words) => {
        expect(faultsOfReading(words.join(''))).toEqual([]);
      }),
      { seed: 2, numRuns: 3_000 },
    );
  });

  it('never throws on a shipped policy that was changed at random', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SHIPPED),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (policy, mutations) => {
          let text = policy;
          for (const { at, cut, insert } of mutations) {
            const from = at % (text.length + 1);
            text = text.slice(0, from) + insert + text.slice(from + cut);
          }
          expect(faultsOfReading(text)).toEqual([]);
        },
      ),
      { seed: 3, numRuns: 2_000 },
    );
  });

  it('never throws on a shipped policy whose lines were lost, doubled or moved', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SHIPPED), fc.array(fc.nat(), { maxLength: 120 }), (policy, order) => {
        const lines = policy.split('\n');
        expect(faultsOfReading(order.map((index) => lines[index % lines.length]).join('\n'))).toEqual([]);
      }),
      { seed: 4, numRuns: 1_000 },
    );
  });
});

describe('a policy that is not valid', () => {
  it('is legible for any data at all', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (spec) => {
        expect(() => legiblePolicy({ spec })).not.toThrow();
        expect(() => legiblePolicy(spec)).not.toThrow();
      }),
      { seed: 5, numRuns: 2_000 },
    );
  });

  it('is legible as itself when it is valid after all', () => {
    for (const text of SHIPPED) {
      const reading = readPolicy(text, 'p.yaml');
      expect(reading.ok && legiblePolicy(writePolicy(reading.policy))).toEqual(reading.ok && reading.policy);
    }
  });
});

describe('a policy that is written', () => {
  const bps = fc.integer({ min: 0, max: 10_000 });
  const ms = fc.integer({ min: 0, max: 365 * 86_400_000 });
  const share = fc.integer({ min: 0, max: 10 ** 9 }).map((millionths) => Number(`${millionths}e-8`));
  const latency = fc.record({ relative: share, absoluteMs: ms });

  it('reads as itself, whatever its figures', () => {
    const base = readPolicy(SHIPPED[0] ?? '', 'p.yaml');
    if (!base.ok) throw new Error('the shipped policy is valid');
    fc.assert(
      fc.property(bps, ms, share, share, latency, latency, (weight, dwell, relative, absolute, rollback, parity) => {
        const { spec } = base.policy;
        const checks = {
          ...spec.checks,
          errors: { ...spec.checks.errors, parity: { relative, absolute } },
          latency: { ...spec.checks.latency, p95: { rollback, parity, until: 'head' as const, dryRun: false } },
        };
        const policy = { ...base.policy, spec: { ...spec, steps: [{ weight, dwell, gates: [] }], checks } };
        const again = policySchema.parse(writePolicy(policy));
        expect(again).toEqual(policy);
        expect(diffPolicies(policy, again)).toEqual([]);
      }),
      { seed: 6, numRuns: 1_000 },
    );
  });

  it('has the same digest as YAML, whatever its texts are', () => {
    const base = readPolicy(SHIPPED[0] ?? '', 'p.yaml');
    if (!base.ok) throw new Error('the shipped policy is valid');
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.array(word).map((words) => words.join(' ')),
    );
    fc.assert(
      fc.property(text, (given) => {
        const description = given.toWellFormed().replaceAll('\u0000', '').slice(0, 500).toWellFormed();
        const policy = { ...base.policy, metadata: { ...base.policy.metadata, description } };
        const again = readPolicy(policyYaml(policy), 'again.yaml');
        expect(again.ok ? again.digest : again.issues.map(formatIssue)).toBe(digestPolicy(policy));
      }),
      { seed: 7, numRuns: 1_000 },
    );
  });
});
