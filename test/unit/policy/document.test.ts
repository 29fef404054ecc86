import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readDocument } from '../../../src/policy/document.ts';
import { formatIssue } from '../../../src/policy/place.ts';

const schema = z.strictObject({
  name: z.string().max(5).optional(),
  port: z.int().min(1).max(65_535).default(8_080),
  routes: z
    .array(
      z.strictObject({
        prefix: z.string(),
        sticky: z.union([
          z.strictObject({ header: z.string() }),
          z.strictObject({ cookie: z.string() }),
          z.literal(['consumer', 'request']),
        ]),
      }),
    )
    .default([]),
  source: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('gateway') }),
      z.strictObject({ kind: z.literal('prometheus'), url: z.string() }),
    ])
    .optional(),
  labels: z.record(z.string(), z.string()).default({}),
});

function read(text: string) {
  return readDocument(text, 'serin.yaml', schema);
}

function issues(text: string): string[] {
  const reading = read(text);
  return reading.ok ? [] : reading.issues.map(formatIssue);
}

describe('a document that is read', () => {
  it('gives the value of the schema and places for what is found later', () => {
    const reading = read('port: 80\nroutes:\n  - prefix: /a\n    sticky: { header: x-user }\n');
    expect(reading).toMatchObject({
      ok: true,
      value: { port: 80, routes: [{ prefix: '/a', sticky: { header: 'x-user' } }] },
    });
    const issue =
      reading.ok && reading.document.issue({ path: ['routes', 0, 'prefix'], message: 'taken', at: 'value' });
    expect(issue).toEqual({
      path: 'routes[0].prefix',
      message: 'taken',
      place: { file: 'serin.yaml', line: 3, column: 13 },
      excerpt: '  - prefix: /a\n            ^',
    });
  });

  it('reads a text with a byte order mark and Windows line ends', () => {
    expect(read('\uFEFFport: 80\r\n')).toMatchObject({ ok: true, value: { port: 80 } });
    expect(issues('\uFEFFprot: 80\r\n')).toEqual(['serin.yaml:1:1 unknown key prot, did you mean port?\nprot: 80\n^']);
  });

  it('takes no key from the prototype and gives none to it', () => {
    const reading = read('labels: { constructor: a, toString: b }\n');
    expect(reading).toMatchObject({ ok: true, value: { labels: { constructor: 'a', toString: 'b' } } });
    expect(issues('labels: { __proto__: { polluted: yes } }\n')).toEqual([
      'serin.yaml:1:11 the key __proto__ is not allowed\nlabels: { __proto__: { polluted: yes } }\n          ^',
    ]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('what a schema refuses', () => {
  it.each([
    ['port: "80"', '1:7 port must be a number'],
    ['port: 1.5', '1:7 port must be a whole number'],
    ['port: 0', '1:7 port must be at least 1'],
    ['port: 70000', '1:7 port must be at most 65535'],
    ['port:', '1:1 port is empty: it must be a number'],
    ['name: longer', '1:7 name must have at most 5 characters'],
    ['routes: /a', '1:9 routes must be a list'],
    ['routes:\n  - prefix: /a', '2:5 sticky is missing'],
    ['routes:\n  - prefix: /a\n    stikcy: request', '3:5 unknown key stikcy, did you mean sticky?'],
    ['routes:\n  - { prefix: /a, sticky: consumr }', '2:27 sticky must be consumer or request, did you mean consumer?'],
    ['routes:\n  - { prefix: /a, sticky: { heder: x } }', '2:29 unknown key heder, did you mean header?'],
    ['routes:\n  - { prefix: /a, sticky: { cookie: 7 } }', '2:37 cookie must be a text'],
    [
      'routes:\n  - { prefix: /a, sticky: {} }',
      '2:27 sticky must be one of: a mapping with header; a mapping with cookie; consumer or request',
    ],
    [
      'routes:\n  - { prefix: /a, sticky: 7 }',
      '2:27 sticky must be one of: a mapping of keys to values; consumer or request',
    ],
    ['source: { kind: promtheus }', '1:17 kind must be gateway or prometheus, did you mean prometheus?'],
    ['source: { url: x }', '1:1 kind is missing'],
    ['source: { kind: prometheus, ulr: x }', '1:29 unknown key ulr, did you mean url?'],
    ['labels: { "a\\e[31m": 1 }', '1:22 a�[31m must be a text'],
    ['"\\e[31m": 1', '1:1 unknown key �[31m'],
  ])('%j: %s', (text, says) => {
    expect(issues(text).map((issue) => issue.split('\n')[0])).toEqual([`serin.yaml:${says}`]);
  });

  it('reports everything at once, in the order of the text', () => {
    expect(issues('colour: red\nport: x\nroutes: 1\n').map((issue) => issue.split('\n')[0])).toEqual([
      'serin.yaml:1:1 unknown key colour',
      'serin.yaml:2:7 port must be a number',
      'serin.yaml:3:9 routes must be a list',
    ]);
  });
});

describe('what is no YAML for us', () => {
  it.each([
    ['a: &x 1', '1:7 anchors are not allowed: nothing may refer to them'],
    ['a: 1\nb: *x', '2:4 aliases are not allowed: repeat the value'],
    ['a: ["half of \\ud83d"]', '1:5 a text must not contain NUL or a lone surrogate (half of a character)'],
    ['"a\\0": 1', '1:1 a text must not contain NUL or a lone surrogate (half of a character)'],
    ['port: 1\nport: 2', '2:1 the key port is given twice'],
    ['port: 1\n"port": 2', '2:1 the key port is given twice'],
    ['port: 1\n---\nport: 2', '2:1 the file must hold one document: a second one begins here'],
    ['%YAML 1.1\n---\nport: 1', '1:1 directives such as %YAML are not allowed'],
    ['port: !!binary aGk=', '1:7 the tag is not one of the core schema'],
    ['? [a]\n: 1', '1:3 a key must be a text'],
    ['name: "x', '1:9 Missing closing "quote'],
    ['port: 1\n\tname: x', '2:1 Tabs are not allowed as indentation'],
  ])('%j: %s', (text, says) => {
    expect(issues(text)[0]?.split('\n')[0]).toBe(`serin.yaml:${says}`);
  });

  it('has no merge keys: << is a key like any other', () => {
    expect(issues('<<: { port: 1 }')).toEqual(['serin.yaml:1:1 unknown key <<\n<<: { port: 1 }\n^']);
  });

  it('refuses more than 64 KiB, counted in octets', () => {
    const filler = (octets: number) => `#${'x'.repeat(octets - 10)}\nport: 1\n`;
    expect(read(filler(64 * 1024)).ok).toBe(true);
    expect(issues(filler(64 * 1024 + 1))[0]).toContain('serin.yaml:1:1 the document is larger than 64 KiB');
    expect(issues(`# ${'é'.repeat(40_000)}`)[0]).toContain('the document is larger than 64 KiB');
  });

  it('refuses more than 20 levels, and a nest that would exhaust the stack', () => {
    const nest = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    expect(issues(nest(20))[0]).toContain('must be a mapping');
    expect(issues(nest(21))).toEqual([expect.stringContaining('serin.yaml:1:21 the document is nested more than 20')]);
    for (const bomb of [nest(30_000), '- '.repeat(30_000), '{a: '.repeat(15_000)]) {
      expect(issues(bomb)).toEqual([expect.stringContaining('the document is nested more than 20 levels deep')]);
    }
  });
});

describe('excerpts', () => {
  it('do not show the password of a URL, and keep the caret in its place', () => {
    const text = 'source: { kind: prometheus, url: "http://me:s3cret@host/", more: 1 }\n';
    const reading = readDocument(text, 'f.yaml', schema);
    const [issue] = reading.ok ? [] : reading.issues;
    expect(issue?.excerpt).toBe(
      `source: { kind: prometheus, url: "http://me:******@host/", more: 1 }\n${' '.repeat(text.indexOf('more'))}^`,
    );
  });

  it('show the part of a long line around the place', () => {
    const [issue = ''] = issues(`{ name: ok, ${' '.repeat(300)}colour: red }`);
    const [head, line = '', caret = ''] = issue.split('\n');
    expect(head).toBe('serin.yaml:1:313 unknown key colour');
    expect(line.length).toBeLessThanOrEqual(160);
    expect(line.slice(caret.indexOf('^'))).toBe('colour: red }');
  });

  it('keep control characters from the terminal, and the caret under its place', () => {
    const [issue = ''] = issues('{\tcolour: "\u009b31m" }');
    expect(issue.split('\n').slice(1)).toEqual(['{\tcolour: "�31m" }', ' \t^']);
  });
});
