import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchersFor } from '../../../src/metrics/matchers.ts';
import { fillPromql } from '../../../src/metrics/prometheus/fill-promql.ts';

const WORDS = { version: 'v2', track: 'canary', route: 'payments' } as const;

const fill = (query: string, more: Partial<{ version: string; route: string }> = {}) =>
  fillPromql(query, { ...WORDS, ...more });

describe('placeholders of a PromQL query', () => {
  it.each([
    ['up{version="{{version}}",track=\'{{track}}\'}', 'up{version="v2",track=\'canary\'}'],
    ['up{version=`{{ version }}`}', 'up{version=`v2`}'],
    ['{{route}}_requests:{{track}}_total', 'payments_requests:canary_total'],
    ['up{a="\\"{{version}}"} # {{version}}\n+ x', 'up{a="\\"v2"} # {{version}}\n+ x'],
    ['up{version="{{versions}}"}', 'up{version="{{versions}}"}'],
  ])('%s becomes %s', (query, text) => {
    expect(fill(query)).toEqual({ ok: true, text });
  });

  it('keep their meaning as a label value, whatever characters they have', () => {
    const version = 'v"2\'\\\n';
    const word = String.raw`v\u00222\u0027\u005c\u000a`;
    expect(fill('a{b="{{version}}",c=\'{{version}}\'}', { version })).toEqual({
      ok: true,
      text: `a{b="${word}",c='${word}'}`,
    });
  });

  it('are taken literally where a pattern is expected', () => {
    expect(fill('a{b=~"{{version}}-.*",c!~ \'{{version}}\'}', { version: '1.2+3' })).toEqual({
      ok: true,
      text: String.raw`a{b=~"1\u005c.2\u005c+3-.*",c!~ '1\u005c.2\u005c+3'}`,
    });
    expect(fill('a{b=~`{{version}}`}', { version: '1.2' })).toEqual({ ok: true, text: 'a{b=~`1\\.2`}' });
  });

  it.each([
    ['{{version}}_total', { version: 'v2} or up{' }],
    ['sum by ({{version}}) (x)', { version: 'a) or (b' }],
    ['a{b=`{{version}}`}', { version: 'v`2' }],
  ])('%s is refused for %j', (query, more) => {
    expect(fill(query, more)).toMatchObject({ ok: false, reason: expect.stringContaining('{{version}}') });
  });

  it('are the labels that metrics of the route says, as matchers or one by one', () => {
    const labels = matchersFor({ job: 'pay "x"', pod: 'pay-1.2', version: 'v2' }, 'v2');
    const filled = (query: string) => fillPromql(query, { ...WORDS, labels });
    expect(filled('sum(rate(oops_total{{{labels}},code=~"5.."}[1m]))')).toEqual({
      ok: true,
      text: String.raw`sum(rate(oops_total{job="pay \"x\"",pod="pay-1.2",version="v2",code=~"5.."}[1m]))`,
    });
    expect(filled('up{instance=~"{{label.pod}}:.*"}')).toEqual({
      ok: true,
      text: String.raw`up{instance=~"pay-1\u005c.2:.*"}`,
    });
    expect(filled('up{a="{{labels}}"}')).toMatchObject({ ok: false });
    expect(filled('up{a="{{label.zone}}"}')).toEqual({
      ok: false,
      reason: 'metrics of the route payments have no label zone',
    });
    expect(fill('up{ {{labels}} }')).toEqual({
      ok: false,
      reason: '{{labels}} takes metrics of the route payments in serin.yaml, which has none',
    });
  });

  it('are the patterns of metrics where a pattern is expected, and refused where they could mean nothing', () => {
    const labels = matchersFor(
      { pod: { '=~': 'pay-{{version}}-.+|canary' }, zone: { '!=': 'old' }, job: { '=~': 'a.*', '!~': '.*z' } },
      '1.2',
    );
    const filled = (query: string) => fillPromql(query, { ...WORDS, labels });
    expect(filled('up{ {{labels}} }')).toEqual({
      ok: true,
      text: String.raw`up{ pod=~"pay-(?:1\\.2)-.+|canary",zone!="old",job=~"a.*",job!~".*z" }`,
    });
    expect(filled('up{instance=~"{{label.pod}}:.*"}')).toEqual({
      ok: true,
      text: String.raw`up{instance=~"(?:pay-(?:1\u005c.2)-.+|canary):.*"}`,
    });
    for (const query of ['up{instance="{{label.pod}}"}', 'up_{{label.pod}}']) {
      expect(filled(query)).toEqual({
        ok: false,
        reason: '{{label.pod}} is a pattern, and goes into quotes after =~ or !~',
      });
    }
    for (const [label, operators] of [
      ['zone', '!='],
      ['job', '=~ and !~'],
    ]) {
      expect(filled(`up{a=~"{{label.${label}}}"}`)).toEqual({
        ok: false,
        reason: `{{label.${label}}} has no one value: metrics of the route payments have it by ${operators}, which only {{labels}} can say`,
      });
    }
  });

  it('cannot end the string that they stand in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('"', "'"), (version, quote) => {
        const filled = fill(`a{b=${quote}{{version}}${quote}}`, { version });
        const inside = filled.ok ? filled.text.slice('a{b='.length + 1, -2) : '';
        expect(inside.replaceAll(/\\u[0-9a-f]{4}/g, '')).not.toMatch(/["'\\\p{Cc}]/u);
        const read = inside.replaceAll(/\\u([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
        expect(read).toBe(version);
      }),
      { seed: 5_2_1, numRuns: 500 },
    );
  });
});
