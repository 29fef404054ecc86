import { describe, expect, it } from 'vitest';
import type { ControllerPorts, DeclaredRoute } from '../../../src/controller/ports.ts';
import { stickyStart } from '../../../src/controller/warnings/sticky-warning.ts';
import type { Policy } from '../../../src/policy/schema.ts';
import { policyOf } from '../../support/rollouts.ts';

const ROUTE: DeclaredRoute = {
  name: 'shop',
  stable: { url: 'http://a', version: 'v1' },
  policy: 'standard',
  health: { path: '/healthz', status: ['2xx'] },
};
const STICKY = 'sticky by consumer, so versions are compared by key';

const NO_HEAVY = { units: [], share: 0 };
const HEAVY = { units: [7, 9_000], share: 0.31 };

async function warned(
  keys: ControllerPorts['safeguard']['keys'],
  more: Partial<DeclaredRoute> = { sticky: STICKY },
  policy: Policy = policyOf(),
) {
  const told: string[] = [];
  const source = { name: 'gateway', collect: async () => ({ kind: 'unusable', reason: 'not asked' }) as const };
  const safeguard = { source, toStable: async () => undefined, blindAfterMs: 60_000, ...(keys ? { keys } : {}) };
  const log = ({ what }: { readonly what: string }) => void told.push(what);
  const started = await stickyStart({ safeguard, log }, { ...ROUTE, ...more }, policy);
  return { ...started, told };
}

describe('a start on a sticky route', () => {
  it('says what that means, and how many keys are known', async () => {
    const { warning } = await warned(async () => ({ keys: 412, effective: 73.4, heavy: NO_HEAVY }));
    expect(warning).toBe(
      `the route is ${STICKY}; the stable served about 412 keys of late, worth about 73 that have equal traffic`,
    );
    const many = await warned(async () => ({ keys: Number.POSITIVE_INFINITY, effective: 9_000, heavy: NO_HEAVY }));
    expect(many.warning).toContain('the stable served very many keys of late');
  });

  it('says that nothing is known of them yet', async () => {
    expect((await warned(async () => null)).warning).toContain('nothing is known of its keys yet');
    expect((await warned(undefined)).warning).toContain('nothing is known of its keys yet');
  });

  it('does not ask for keys where another source measures, and says nothing where each request is drawn', async () => {
    const keys = async () => ({ keys: 412, effective: 73, heavy: HEAVY });
    expect((await warned(keys, { sticky: 'sticky by consumer, and …', evidence: 'elsewhere' })).warning).toBe(
      'the route is sticky by consumer, and …',
    );
    expect((await warned(keys, { sticky: null })).warning).toBeNull();
  });

  it('fixes which keys come last, where the policy wants that, and offers it where it does not', async () => {
    const keys = async () => ({ keys: 412, effective: 73, heavy: HEAVY });
    const last = policyOf({ heavyKeys: 'last' });
    const offered = await warned(keys);
    expect(offered.heavyLast).toBeNull();
    expect(offered.warning).toContain(
      '2 keys have 31 % of it together, and heavyKeys: last would let them join at 100 % only',
    );
    for (const more of [{ sticky: STICKY }, { sticky: STICKY, evidence: 'elsewhere' as const }]) {
      const { heavyLast, warning } = await warned(keys, more, last);
      expect(heavyLast).toEqual(HEAVY);
      expect(warning).toContain('2 keys have 31 % of it together and join at 100 % only');
    }
    const none = await warned(async () => ({ keys: 412, effective: 300, heavy: NO_HEAVY }), { sticky: STICKY }, last);
    expect([none.heavyLast, none.warning]).toEqual([null, expect.stringContaining('so none comes last')]);
    const all = { keys: 40, effective: 40, heavy: { units: [1, 2], share: 0.95 } };
    expect((await warned(async () => all, { sticky: STICKY }, last)).warning).toContain(
      'join at 100 % only, so that hardly anything is left to compare',
    );
    const unknown = await warned(async () => null, { sticky: STICKY }, last);
    expect([unknown.heavyLast, unknown.warning]).toEqual([null, expect.stringContaining('no heavy key is known')]);
    expect(await warned(keys, { sticky: null }, last)).toMatchObject({ heavyLast: null, warning: null });
  });

  it('is not kept from starting by what goes wrong here', async () => {
    const { warning, told } = await warned(async () => {
      throw new Error('the worker is gone');
    });
    expect([warning, told]).toEqual([`the route is ${STICKY}`, ['safeguardFailed']]);
  });
});
