import { describe, expect, it } from 'vitest';
import { matchersFor } from '../../../src/metrics/matchers.ts';
import { patternFault } from '../../../src/metrics/prometheus/pattern-fault.ts';
import { REFUSED, TAKEN } from '../../support/label-patterns.ts';

// test/e2e/prometheus-patterns.test.ts asks a real Prometheus the same.
describe('a pattern of labels', () => {
  it.each(TAKEN)('%j is taken', (pattern) => {
    expect(patternFault(pattern)).toBeNull();
  });

  it.each(REFUSED)('%j is refused at character %i', (pattern, at, why) => {
    expect(patternFault(pattern)).toMatch(new RegExp(`^at character ${at}: .*${why.source}`));
  });

  it('is refused where it would end the group that Prometheus puts it in, and be taken', () => {
    expect(patternFault('a)(b')).toBe('at character 2: a ) that closes nothing');
  });

  it('may have the version as literal text, and not as part of anything else', () => {
    for (const pattern of [
      '{{version}}',
      'a-{{version}}{2}-.+',
      '({{version}}|x)',
      '{{{version}}}',
      'a{1,{{version}}}',
    ]) {
      expect(patternFault(pattern), pattern).toBeNull();
    }
    for (const pattern of [
      '[{{version}}]',
      String.raw`\Q{{version}}\E`,
      String.raw`\{{version}}`,
      'x{{version}}[^{{version}}]',
    ]) {
      expect(patternFault(pattern), pattern).toMatch(/^\{\{version\}\} cannot be part of/);
    }
  });

  it.each(['1.2+3', '2', 'a|b', '$&', '(?i)x', '\\'])('means the version %s itself, wherever it stands', (version) => {
    for (const frame of ['a{1,{{version}}}', 'p-{{version}}{2}', 'x|{{version}}|y', '{{{version}}}']) {
      const [matcher] = matchersFor({ pod: { '=~': frame } }, version);
      const pattern = matcher?.value ?? '';
      expect(patternFault(pattern), pattern).toBeNull();
      const text = {
        'a{1,{{version}}}': `a{1,${version}}`,
        'p-{{version}}{2}': `p-${version}${version}`,
        'x|{{version}}|y': version,
        '{{{version}}}': `{${version}}`,
      }[frame];
      expect(new RegExp(`^(?:${pattern})$`).test(text ?? ''), `${pattern} of ${text}`).toBe(true);
    }
  });
});
