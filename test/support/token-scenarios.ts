import { post, type Scenario, scenario } from './containment-scenarios.ts';
import { issuer } from './issuer.ts';
import { get } from './raw-client.ts';

/** Whose keys the route `tokens` goes by, and the client that is listed there. */
export const ISSUER = issuer();
export const CLIENT = 'acme';

const bearer = (token: string) => `Authorization: Bearer ${token}`;
const NOTICE = { since: '2026-01-01', sunset: '2030-01-01', link: 'https://issuer.test/v2' };

/** Requests of consumers who are known by a token. */
export const TOKEN_SCENARIOS: readonly Scenario[] = [
  scenario('tokens', async (stage) => {
    await stage.split({ route: 'tokens', consumerDefault: 'stable', deprecation: NOTICE });
    // Each run verifies tokens that its gateway has not seen.
    const token = ISSUER.token({ client_id: CLIENT });
    const unknown = ISSUER.token({}, { kid: 'k2' });
    const connection = await stage.open();
    for (const request of [
      get('/tokens/a', bearer(token)),
      get('/tokens/b', bearer(token)),
      `${post('/tokens/c', bearer(ISSUER.token({ client_id: 'another' })), 'Content-Length: 5')}hello`,
      get('/tokens/d', bearer('none')),
      get('/tokens/e', bearer(unknown)),
    ]) {
      connection.write(request);
      await connection.answer();
    }
    connection.close();
  }),
  scenario('tokens while nothing is rolled out', async (stage) => {
    await stage.split({ route: 'tokens', canary: null });
    const token = ISSUER.token({ client_id: CLIENT });
    const connection = await stage.open();
    for (const path of ['/tokens/a', '/tokens/b']) {
      connection.write(get(path, bearer(token)));
      await connection.answer();
    }
    connection.close();
  }),
];
