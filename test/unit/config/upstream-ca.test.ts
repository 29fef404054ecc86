import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/config.ts';
import { upstreamCaOf } from '../../../src/config/upstream-ca.ts';
import { CertificateAuthority } from '../../support/certificates.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'serin-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function loaded(upstreamCa: string | undefined) {
  const config = configSchema.parse({
    gateway: upstreamCa === undefined ? {} : { upstreamCa },
    routes: [{ name: 'shop', stable: 'https://shop.test', policy: 'standard' }],
  });
  return { config, folder, document: null, written: null, filled: null };
}

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

describe('gateway.upstreamCa', () => {
  it('is nothing where it is not declared', () => {
    expect(upstreamCaOf(loaded(undefined))).toEqual({});
  });

  it('is a file beside serin.yaml with any number of certificates', () => {
    const bundle = ['one', 'two'].map((name) => `# ${name}\n${new CertificateAuthority(name).cert}`).join('\n');
    expect(upstreamCaOf(loaded(write('bundle.pem', bundle)))).toEqual({ upstreamCa: bundle });
  });

  it.each([
    ['is not there', 'missing.pem', null, /missing\.pem does not exist$/],
    ['holds none', 'empty.pem', 'not a certificate', /empty\.pem holds no certificate in PEM$/],
    [
      'holds a broken one',
      'broken.pem',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      /broken\.pem holds a certificate that cannot be read$/,
    ],
  ])('is refused when it %s', (_name, file, text, message) => {
    if (text !== null) write(file, text);
    expect(() => upstreamCaOf(loaded(file))).toThrow(
      expect.objectContaining({ code: 'invalid-input', message: expect.stringMatching(message) }),
    );
  });
});
