import { describe, expect, it } from 'vitest';
import type { GatewayRoute } from '../../../src/gateway/gateway.ts';
import { choiceLines, unfollowedForce } from '../../../src/server/commands/try-choice.ts';

type Head = Parameters<typeof unfollowedForce>[1];

const ROUTE = {
  name: 'shop',
  stable: { url: 'http://a/', version: 'v1' },
  sticky: { kind: 'request' },
  consumerKey: null,
  forceHeader: 'x-user-group',
} as unknown as GatewayRoute;
const MAPPED: GatewayRoute = { ...ROUTE, forceWords: { canary: 'beta', stable: null } };
const asking = (value: string) => ({ headers: { 'x-user-group': value } }) as unknown as Head;

describe('doctor --try, of a force header', () => {
  it('says the value that was sent, and what it is declared to mean', () => {
    expect(unfollowedForce(MAPPED, asking('beta'))?.detail).toBe(
      'x-user-group: beta asks for the canary, and shop has none unless a rollout runs.',
    );
    expect(choiceLines(MAPPED, asking('beta'), '')[0]).toContain(
      'x-user-group: beta asks for the canary, which counts',
    );
    expect(unfollowedForce(MAPPED, asking('staff'))).toBeNull();
  });

  it('says the version that is named, where the values are names', () => {
    expect(unfollowedForce(ROUTE, asking('v2'))?.detail).toContain(
      'The stable of shop is not v2, so x-user-group counts only',
    );
    expect(choiceLines(ROUTE, asking('v2'), '')[0]).toContain('x-user-group: v2 asks for one, which counts');
  });
});
