import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Role } from '../../src/rollout/event.ts';
import { type Found, type OperationStage, openOperationStage } from '../support/operation-stage.ts';
import { serviceOrSkip } from '../support/require-service.ts';
import { fuzzApi, schemathesis } from '../support/schemathesis.ts';
import { isShort } from '../support/short.ts';

const EXAMPLES = isShort ? 2 : 4;
const ROLES: readonly Role[] = ['viewer', 'operator', 'admin'];

serviceOrSkip('schemathesis', await schemathesis())(
  'the API by its own description, fuzzed by schemathesis',
  (tool) => {
    const tokens = new Map<Role, string>();
    let stage: OperationStage;
    let found: Found;

    beforeAll(async () => {
      stage = await openOperationStage(1);
      found = await stage.prepare({});
      for (const role of ROLES) {
        const made = await stage.ask('POST', '/api/v1/tokens', { name: role, role, reason: 'fuzz' });
        const { token } = (await made.json()) as { token: string };
        tokens.set(role, token);
        // Whoever has no token makes some up, after which only tokens that were accepted before are looked at.
        await stage.ask('GET', '/api/v1/rollouts', undefined, { authorization: `Bearer ${token}` });
      }
    });

    afterAll(() => stage.close());

    it('as nobody', async () => {
      const { controlUrl: url } = stage.server;
      expect(await fuzzApi(tool, { url, token: null, seed: 1, examples: EXAMPLES })).toBeNull();
    });

    it.each([
      ['viewer', 'a rollout, a consumer and a gate that are there', 2],
      ['operator', 'a rollout, a consumer and a gate that are there', 3],
      ['admin', 'whatever it makes up', 4],
    ] as const)('as %s, with %s', async (role, what, seed) => {
      const { rollout, route, consumer } = found;
      const known = { 'path.id': rollout, 'path.route': route, 'path.name': consumer, 'path.gate': 'tests' };
      const { controlUrl: url } = stage.server;
      const parameters = what === 'whatever it makes up' ? {} : known;
      expect(
        await fuzzApi(tool, { url, token: tokens.get(role) ?? null, seed, examples: EXAMPLES, parameters }),
      ).toBeNull();
      expect(stage.server.output()).not.toContain('internalError');
      expect((await stage.ask('GET', '/readyz')).status).toBe(200);
    });
  },
);
