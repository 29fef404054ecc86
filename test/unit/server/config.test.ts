import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/gateway/limits.ts';
import { configSchema } from '../../../src/server/config.ts';

const route = (stable: string) => ({ name: 'shop', stable, policy: 'standard' });
const withLimits = (limits: object) => ({ gateway: { limits }, routes: [route('http://127.0.0.1:9001')] });

describe('gateway.limits', () => {
  it('have defaults, each of which can be declared alone', () => {
    expect(configSchema.parse(withLimits({})).gateway.limits).toEqual(DEFAULT_LIMITS);
    const declared = configSchema.parse(withLimits({ connections: 7, bodyBytes: 1_000 }));
    expect(declared.gateway.limits).toEqual({ ...DEFAULT_LIMITS, connections: 7, bodyBytes: 1_000 });
  });

  it.each([
    ['an unknown key', { conections: 7 }],
    ['no connection at all', { connections: 0 }],
    ['a fraction', { pipelined: 1.5 }],
    ['a target that fits in no head', { urlBytes: 16_384 }],
    ['a number in words', { headerCount: 'many' }],
  ])('refuse %s', (_name, limits) => {
    expect(configSchema.safeParse(withLimits(limits)).success).toBe(false);
  });
});

describe('failures.md: SSRF through upstream URLs', () => {
  it.each([
    'http://169.254.169.254/latest',
    'http://2852039166',
    'http://0xa9.254.43518',
    'http://[::ffff:169.254.169.254]',
    'http://[fe80::1]',
    'http://[fd00:ec2::254]',
    'http://user:secret@10.0.0.1',
    'ftp://10.0.0.1',
    'file:///etc/passwd',
  ])('%s is no stable', (url) => {
    expect(configSchema.safeParse({ routes: [route(url)] }).success).toBe(false);
  });

  it.each(['http://10.0.0.1', 'http://[::ffff:127.0.0.1]:9001', 'https://api.internal/payments/v2'])(
    '%s is one',
    (url) => {
      expect(configSchema.safeParse({ routes: [route(url)] }).success).toBe(true);
    },
  );
});
