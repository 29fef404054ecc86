import { describe, expect, it } from 'vitest';
import { healthUrl } from '../../../src/controller/upstream.ts';

describe('where a version answers its health request', () => {
  it.each([
    ['http://10.0.0.1:9001/v2', '/healthz', 'http://10.0.0.1:9001/healthz'],
    ['http://10.0.0.1:9001/v2', 'healthz', 'http://10.0.0.1:9001/v2/healthz'],
    ['http://10.0.0.1:9001/v2/', 'healthz', 'http://10.0.0.1:9001/v2/healthz'],
    ['http://10.0.0.1/', '/a%20b', 'http://10.0.0.1/a%20b'],
    ['http://10.0.0.1/', '//elsewhere.test/x', 'http://10.0.0.1//elsewhere.test/x'],
    ['http://10.0.0.1/', '/\\elsewhere.test/x', 'http://10.0.0.1//elsewhere.test/x'],
  ])('of %s by %s is %s, and never on another host', (url, path, health) => {
    expect(healthUrl({ url, version: 'v2' }, path)).toBe(health);
  });
});
