import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fillIn } from '../../../src/config/given/given-values.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { formatIssue } from '../../../src/policy/place.ts';
import { Problem } from '../../../src/problem/problem.ts';

const folder = mkdtempSync(join(tmpdir(), 'serin-given-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'url'), 'http://127.0.0.1:9001\n');
writeFileSync(join(folder, 'empty'), '\n');
writeFileSync(join(folder, 'large'), 'x'.repeat(70_000));

const env = { NAME: 'shop', EMPTY: '', ODD: '${NAME}', NUL: 'a\0b' };
const filled = (text: string) => {
  const { value, faults } = fillIn({ environment: text }, { env, folder });
  return faults[0]?.message ?? Object(value)['environment'];
};

describe('a value that the file leaves to its surroundings', () => {
  it.each([
    ['plain', 'plain'],
    ['${NAME}', 'shop'],
    ['a ${NAME} and ${NAME}', 'a shop and shop'],
    ['${GONE:-other}', 'other'],
    ['${EMPTY:-other}', 'other'],
    ['${GONE:-}', ''],
    ['${NAME:-other}', 'shop'],
    ['${GONE:-http://a:1/b}', 'http://a:1/b'],
    ['$${NAME}', '${NAME}'],
    ['$NAME $$', '$NAME $$'],
    ['${ODD}', '${NAME}'],
    ['file:url', 'http://127.0.0.1:9001'],
    ['a file:url', 'a file:url'],
  ])('%s', (text, value) => expect(filled(text)).toBe(value));

  it.each([
    ['${GONE}', 'the variable GONE is not set: set it, or write what counts without it: ${GONE:-default}'],
    ['${EMPTY}', 'the variable EMPTY is empty: set it, or write what counts without it: ${EMPTY:-default}'],
    ['${name}', 'a variable is written ${NAME} or ${NAME:-default}, in capitals; for the text itself write $${'],
    ['${NAME', 'a variable is written ${NAME} or ${NAME:-default}, in capitals; for the text itself write $${'],
    ['${NUL}', 'what ${NUL} stands for must not contain NUL or a lone surrogate (half of a character)'],
    ['file:gone', `${join(folder, 'gone')} does not exist`],
    ['file:empty', `${join(folder, 'empty')} is empty`],
    ['file:large', `${join(folder, 'large')} is larger than 64 KiB`],
    ['file:.', `${folder} is a folder, not a file`],
    ['file:/dev/zero', '/dev/zero is not a file'],
    ['file:a\0b', 'the path of a file must not contain NUL'],
  ])('%s is refused', (text, reason) => expect(filled(text)).toBe(reason));

  it('is no secret: what names one stays a reference', () => {
    const written = {
      channels: { pagerduty: { routingKey: '${NAME}' } },
      sources: {
        main: { auth: { bearer: 'file:gone', basic: { username: '${NAME}', password: '${GONE}' } }, ca: 'file:url' },
      },
      routes: [{ logs: { loki: { ca: 'file:gone' } } }],
    };
    const { value, faults } = fillIn(written, { env, folder });
    expect(faults).toEqual([]);
    expect(value).toEqual({
      ...written,
      sources: {
        main: {
          ...written.sources.main,
          auth: { ...written.sources.main.auth, basic: { username: 'shop', password: '${GONE}' } },
        },
      },
    });
  });
});

describe('serin.yaml with such values', () => {
  const read = (text: string, given: NodeJS.ProcessEnv) => {
    const file = join(folder, 'serin.yaml');
    writeFileSync(file, text);
    return loadConfig(file, given);
  };
  const file = [
    'gateway: { listen: "${LISTEN:-127.0.0.1:0}" }',
    'routes:',
    '  - { name: shop, stable: { url: file:url, version: "${VERSION}" }, policy: "${POLICY:-standard}" }',
  ].join('\n');

  it('is read like any other', () => {
    const { config, written } = read(file, { VERSION: '1.10' });
    expect(config.gateway.listen).toEqual({ host: '127.0.0.1', port: 0 });
    expect(config.routes[0]).toMatchObject({
      stable: { url: 'http://127.0.0.1:9001', version: '1.10' },
      policy: 'standard',
    });
    expect(Object(written)['gateway']).toEqual({ listen: '${LISTEN:-127.0.0.1:0}' });
  });

  it('is refused with the place of each that is missing or does not fit, once', () => {
    try {
      read(file, { LISTEN: 'everywhere' });
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      expect(error.issues.map((issue) => formatIssue(issue).split('\n')[0])).toEqual([
        `${join(folder, 'serin.yaml')}:1:20 listen must be an address and a port such as 127.0.0.1:7780`,
        `${join(folder, 'serin.yaml')}:3:53 the variable VERSION is not set: set it, or write what counts without it: \${VERSION:-default}`,
      ]);
    }
  });
});
