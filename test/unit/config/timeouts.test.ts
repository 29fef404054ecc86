import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/config.ts';
import { gatewayTimeouts, routeTimeouts } from '../../../src/config/timeouts.ts';
import { timeoutsOf } from '../../../src/gateway/http/timeouts.ts';

const PACE = { uploadMs: 30_000, uploadBytesPerSecond: 240, uploadGraceMs: 10_000 };

function declared(gateway: object, route: object = {}) {
  const config = configSchema.parse({
    gateway,
    routes: [{ name: 'shop', stable: 'http://127.0.0.1:1', policy: 'standard', ...route }],
  });
  const [first] = config.routes;
  if (!first) throw new Error('no route');
  return { gateway: gatewayTimeouts(config), route: timeoutsOf(gatewayTimeouts(config), routeTimeouts(first)) };
}

describe('time-outs of serin.yaml', () => {
  it('have defaults by which an answer may be silent as long as it may take to begin', () => {
    const { gateway, route } = declared({});
    expect(route).toEqual({ connectMs: 1_000, answerMs: 60_000, silenceMs: 60_000, ...PACE });
    expect(gateway).toMatchObject({ idleMs: 15_000, headersMs: 5_000, downloadMs: 30_000 });
  });

  it('that were written before there were others stay valid', () => {
    const timeouts = { connect: '2s', answer: '10s', headers: '3s', idle: '120s', notice: '0s', drain: '5s' };
    expect(declared({ timeouts }).route).toMatchObject({ connectMs: 2_000, answerMs: 10_000, silenceMs: 10_000 });
  });

  it("of a route take the place of the gateway's, one by one", () => {
    const { route } = declared({ timeouts: { silence: '20s' } }, { timeouts: { answer: '5m', upload: '2m' } });
    expect(route).toEqual({ connectMs: 1_000, answerMs: 300_000, silenceMs: 20_000, ...PACE, uploadMs: 120_000 });
    expect(declared({}, { timeouts: { answer: '5m' } }).route.silenceMs).toBe(300_000);
  });

  it('and the least rate of a body too', () => {
    const least = { uploadBytesPerSecond: 1_000, timeouts: { uploadGrace: '5s' } };
    expect(declared(least).route).toMatchObject({ uploadBytesPerSecond: 1_000, uploadGraceMs: 5_000 });
    expect(declared(least, { uploadBytesPerSecond: 0 }).route).toMatchObject({ uploadBytesPerSecond: 0 });
    expect(declared(least, { timeouts: { uploadGrace: '1m' } }).route).toMatchObject({ uploadGraceMs: 60_000 });
  });

  it.each([['0s'], ['30d']])('of %s are refused where they would cut at once', (upload) => {
    expect(() => declared({}, { timeouts: { upload } })).toThrow('must be more than 0s and at most 24d');
  });
});
