import { type AuditView, auditViewsSchema, type RolloutView, rolloutViewSchema } from '../api/view-schemas.ts';

/** The few calls of the control API that the demo makes, as any user would make them. */
export interface DemoClient {
  start(route: string, canaryUrl: string, version: string): Promise<RolloutView>;
  get(id: string): Promise<RolloutView>;
  /** Oldest first. */
  audit(id: string): Promise<readonly AuditView[]>;
}

export function demoClient(controlUrl: string, token: string): DemoClient {
  async function call<T>(method: string, path: string, shape: { parse(json: unknown): T }, body?: unknown): Promise<T> {
    const response = await fetch(new URL(path, controlUrl), {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return shape.parse(await response.json());
  }

  return {
    start: (route, canaryUrl, version) =>
      call('POST', '/api/v1/rollouts', rolloutViewSchema, { route, canaryUrl, version, reason: `${version} is ready` }),
    get: (id) => call('GET', `/api/v1/rollouts/${id}`, rolloutViewSchema),
    async audit(id) {
      const newestFirst = await call('GET', `/api/v1/rollouts/${id}/audit?limit=100`, auditViewsSchema);
      return newestFirst.toReversed();
    },
  };
}
