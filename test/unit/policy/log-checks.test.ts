import { describe, expect, it } from 'vitest';
import { formatIssue } from '../../../src/policy/place.ts';
import { readPolicy } from '../../../src/policy/read.ts';

const HEAD =
  'apiVersion: serin.dev/v1\nkind: GraduationPolicy\nmetadata:\n  name: p\nspec:\n  steps:\n    - { weight: 10%, dwell: 1h }\n';

function read(checks: string) {
  return readPolicy(`${HEAD}  checks:\n${checks}`, 'p.yaml');
}

function heads(checks: string): readonly string[] {
  const reading = read(checks);
  return reading.ok ? [] : reading.issues.map((issue) => formatIssue(issue).split('\n')[0] ?? '');
}

describe('checks.logs', () => {
  it('is none unless a policy names it, and one word is enough', () => {
    expect(read('    errors: {}\n')).toMatchObject({ ok: true, policy: { spec: { checks: {} } } });
    expect(read('    errors: {}\n')).not.toHaveProperty('policy.spec.checks.logs');
    expect(read('    logs: {}\n')).toMatchObject({
      ok: true,
      policy: {
        spec: {
          checks: {
            logs: {
              newErrors: 'hold',
              newWarnings: 'report',
              errors: { relative: 1, absolute: 10, action: 'hold' },
              warnings: { relative: 1, absolute: 10, action: 'report' },
              fields: 'hold',
              calls: { new: 'hold', lost: 'hold', rate: { relative: 0.5, absolute: 5, action: 'hold' } },
              mix: 'report',
              ignore: [],
              expect: [],
              silentAfter: 120_000,
              weight: 0.05,
              dryRun: false,
            },
          },
        },
      },
    });
  });

  it('says what is wrong, and where', () => {
    expect(heads('    logs: { newErrors: page }\n')).toEqual([
      'p.yaml:9:24 newErrors must be rollback, hold or report',
    ]);
    expect(heads('    logs: { ignore: [{ message: x }] }\n')).toEqual([
      'p.yaml:9:22 ignore[0] must be one of template, logger, call and field',
    ]);
    expect(heads('    logs: { expect: [{ template: "card (" }] }\n').join()).toContain(
      'template is no pattern that Serin can ask: it has a ( without its )',
    );
    expect(heads('    logs: { newErrors: rollback, weight: 1 }\n').join()).toContain(
      'weights of logs that roll back must sum to less than 1',
    );
    expect(heads('    logs: { weight: 1 }\n')).toEqual([]);
  });
});
