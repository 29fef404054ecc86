import { describe, expect, it } from 'vitest';
import type { RouteView } from '../../../src/dashboard/views.ts';
import { forceAdvice } from '../../../src/dashboard/words/force-command.ts';

type Force = NonNullable<RouteView['force']>;
const FORCE: Force = { header: 'x-serin-version', value: 'canary', from: null, tokens: 'none' };
const adviceOf = (force: Partial<Force>, host: string | null = null) =>
  forceAdvice({ name: 'shop', host, path: '/shop', force: { ...FORCE, ...force } });

describe('the line that forces a request to the canary', () => {
  it('has the header, the value, the host and the path of its route, as a shell reads them', () => {
    expect(adviceOf({})?.command).toBe("curl -H 'x-serin-version: canary' http://GATEWAY/shop");
    expect(adviceOf({ header: 'x-group', value: "it's beta" }, 'shop.example')?.command).toBe(
      "curl -H 'x-group: it'\\''s beta' -H 'Host: shop.example' http://GATEWAY/shop",
    );
    expect(adviceOf({}, '*.shop.example')?.command).toContain("-H 'Host: NAME.shop.example'");
  });

  it('takes a token where only those who have one may', () => {
    const advice = adviceOf({ from: ['10.0.0.0/8'], tokens: 'accepted' });
    expect(advice?.command).toContain('-H "x-serin-force-token: $(serin force-token shop)"');
    expect(advice?.says).toContain('requests from 10.0.0.0/8 without one');
  });

  it('says from where it works, and that it does not where nobody may', () => {
    expect(adviceOf({ from: ['10.0.0.0/8'] })).toMatchObject({ says: expect.stringContaining('only requests from') });
    expect(adviceOf({ from: [] })).toMatchObject({ command: null, says: expect.stringContaining('lets nobody') });
    expect(forceAdvice({ name: 'shop', host: null, path: null, force: null })).toBeNull();
  });
});
