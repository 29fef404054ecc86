import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { Problem } from '../../src/problem/problem.ts';

/** `SERIN_FUZZ_DOCUMENTS=100000 npm test -- test/property/config-documents.test.ts` for many more. */
const DOCUMENTS = Number(process.env.SERIN_FUZZ_DOCUMENTS ?? 200);

const WHOLE = `environment: production
gateway:
  listen: 0.0.0.0:\${PORT:-8080}
  trustedProxies: [10.0.0.0/8]
  timeouts: { answer: 30s, idle: 15s }
  limits: { bodyBytes: 10485760 }
control: { listen: "127.0.0.1:7780", hosts: ["*.example.com"] }
sources:
  main: { kind: prometheus, url: "http://prometheus:9090", auth: { bearer: "\${TOKEN}" } }
routes:
  - name: shop
    path: /shop
    stable: { url: "http://10.0.0.5:9001", version: v1 }
    policy: standard
    sticky: { header: x-user-id }
    consumerKey: { header: x-api-key }
    mirror: 5%
    templates: ["/shop/orders/{id}"]
  - { name: pay, path: /pay, host: pay.example.com, stable: "http://10.0.0.6:9001", policy: fast, source: main, metrics: { preset: otel, version: { label: v } } }
channels: { console: true, pagerduty: { routingKey: "\${KEY}" } }
`;
const ODD = [
  '${',
  '${NONE}',
  'file:',
  'file:/dev/null',
  '\0',
  '\ud800',
  '&a',
  '*a',
  '!!binary',
  '---\n',
  '{',
  '}',
  ']',
  ': ',
  '- ',
  '\t',
  '"',
  "'",
  '|',
  '-1',
  '1e999',
  'null',
  '__proto__',
  'constructor',
  '../..',
  '[::1]',
  '0x',
  '\u202e',
  'x'.repeat(3_000),
];

const folder = mkdtempSync(join(tmpdir(), 'serin-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Mulberry32. */
function drawsOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

function mutated(text: string, draw: (below: number) => number): string {
  const [from, length] = [draw(text.length), draw(12)];
  const odd = ODD[draw(ODD.length)] ?? '';
  switch (draw(5)) {
    case 0:
      return text.slice(0, from) + text.slice(from + length);
    case 1:
      return text.slice(0, from) + odd + text.slice(from);
    case 2:
      return text.slice(0, from) + odd + text.slice(from + length);
    case 3:
      return text.slice(0, from) + text.slice(from, from + 40) + text.slice(from);
    default: {
      const lines = text.split('\n');
      const at = draw(lines.length);
      return [...lines.slice(0, at), lines[draw(lines.length)], ...lines.slice(at + draw(2))].join('\n');
    }
  }
}

it(`each of ${DOCUMENTS} mutated documents is read, or refused with the place of each fault`, {
  timeout: 3_600_000,
}, () => {
  const draw = drawsOf(20261201);
  const file = join(folder, 'serin.yaml');
  let read = 0;
  for (let at = 0; at < DOCUMENTS; at++) {
    let text = WHOLE;
    for (let times = draw(4); times >= 0; times--) text = mutated(text, draw);
    writeFileSync(file, text);
    try {
      loadConfig(file, {});
      read++;
    } catch (error) {
      if (!(error instanceof Problem))
        throw new Error(`document ${at} of the seed: ${JSON.stringify(text)}`, { cause: error });
      expect([error.code, error.issues.length > 0]).toEqual(['invalid-input', true]);
      for (const issue of error.issues) expect(issue.place, issue.message).toMatchObject({ file });
    }
  }
  expect(read).toBeGreaterThan(0);
  expect(read).toBeLessThan(DOCUMENTS);
});
