import type { AuditView, RolloutView } from '../../src/api/view-schemas.ts';
import { startToyUpstream, type ToyBehaviour, type ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { startTraffic, type Traffic } from '../../src/demo/traffic.ts';

export const HEALTHY: ToyBehaviour = { errorRate: 0.002, p50Ms: 8, p99Ms: 30 };
export const HARMFUL: ToyBehaviour = { errorRate: 0.2, p50Ms: 16, p99Ms: 60 };

export function toy(version: string, behaviour: ToyBehaviour = HEALTHY): Promise<ToyUpstream> {
  return startToyUpstream({ host: '127.0.0.1', port: 0, version, ...behaviour });
}

/** Steady traffic to a gateway for as long as a test may take at most. */
export function trafficTo(gatewayUrl: string, perSecond: number, forMs: number): Traffic {
  return startTraffic({ gatewayUrl, path: '/shop/orders', perSecond, forMs, users: 50_000 });
}

/** A control API seen by somebody who keeps asking although the server dies now and then. */
export interface Caller {
  post<T>(path: string, body: unknown): Promise<T>;
  put(path: string, body: unknown): Promise<void>;
  /** Null while nobody answers. */
  rollout(id: string): Promise<RolloutView | null>;
  /** Oldest first; null while nobody answers. */
  audit(id: string): Promise<readonly AuditView[] | null>;
}

export function callerOf(address: () => { readonly url: string; readonly token: string }): Caller {
  async function call(method: string, path: string, body?: unknown): Promise<Response> {
    const { url, token } = address();
    return fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(5_000),
    });
  }
  async function maybe<T>(path: string): Promise<T | null> {
    try {
      const response = await call('GET', path);
      return response.ok ? ((await response.json()) as T) : null;
    } catch {
      return null;
    }
  }
  return {
    async post<T>(path: string, body: unknown) {
      const response = await call('POST', path, body);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    },
    async put(path, body) {
      const response = await call('PUT', path, body);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    },
    rollout: (id) => maybe(`/api/v1/rollouts/${id}`),
    async audit(id) {
      const newestFirst = await maybe<readonly AuditView[]>(`/api/v1/rollouts/${id}/audit?limit=100`);
      return newestFirst?.toReversed() ?? null;
    },
  };
}
