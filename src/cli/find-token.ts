import { tokenViewsSchema } from '../api/view-schemas.ts';
import { Problem } from '../problem/problem.ts';
import type { ApiClient } from './client.ts';
import { UUID } from './find-rollout.ts';

/** The id itself, or that of the one token in use that is called so: two may have one name. */
export async function findToken(client: ApiClient, idOrName: string): Promise<string> {
  if (UUID.test(idOrName)) return idOrName;
  const views = await client.get('/api/v1/tokens', tokenViewsSchema);
  const named = views.filter(({ name, revokedAt }) => name === idOrName && revokedAt === null);
  const [only] = named;
  if (!only) {
    const ended = views.filter(({ name }) => name === idOrName).at(-1)?.revokedAt;
    if (ended) throw new Problem('refused', `token ${idOrName} was revoked already at ${ended}`);
    throw new Problem('not-found', `there is no token ${idOrName}: give its id or its name (\`serin token list\`)`);
  }
  if (named.length > 1) {
    const ids = named.map(({ id }) => id).join(', ');
    throw new Problem(
      'invalid-input',
      `${named.length} tokens are called ${idOrName}: give the id of one of them: ${ids}`,
    );
  }
  return only.id;
}
