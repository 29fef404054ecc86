import { Pool } from 'undici';

export interface TrafficOptions {
  readonly gatewayUrl: string;
  readonly path: string;
  readonly perSecond: number;
  /** Traffic stops by itself after this. */
  readonly forMs: number;
  readonly users: number;
  /** JSON documents that are posted by turns; without any, each request is a GET of a path of its own. */
  readonly bodies?: readonly string[];
}

export interface TrafficCounts {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  /** Answers by the version that the gateway reports. */
  readonly byVersion: Readonly<Record<string, number>>;
}

export interface Traffic {
  counts(): TrafficCounts;
  /** Sends requests to the canary with the force header, each for its own path; resolves when all are answered. */
  forced(paths: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

const MOST_IN_FLIGHT = 400;
const BEAT_MS = 5;

/** Open-loop traffic at a steady rate, from users with ids, limited in time and in concurrent requests. */
export function startTraffic(options: TrafficOptions): Traffic {
  const pool = new Pool(new URL(options.gatewayUrl).origin, { connections: 64, pipelining: 1 });
  const began = performance.now();
  const { bodies = [] } = options;
  const byVersion: Record<string, number> = {};
  let sent = 0;
  let answered = 0;
  let failed = 0;
  let inFlight = 0;

  const beat = setInterval(() => {
    const elapsed = performance.now() - began;
    if (elapsed > options.forMs) {
      clearInterval(beat);
      return;
    }
    const due = Math.floor((elapsed / 1_000) * options.perSecond) - sent;
    for (let n = 0; n < due; n += 1) {
      sent += 1;
      const user = { 'x-user': `u${(sent * 7_919) % options.users}` };
      const body = bodies[sent % bodies.length];
      if (inFlight >= MOST_IN_FLIGHT) failed += 1;
      else if (body === undefined) void request(user, `${options.path}/${sent % 100}`);
      else void request({ ...user, 'content-type': 'application/json' }, options.path, body);
    }
  }, BEAT_MS);

  async function request(headers: Record<string, string>, path: string, body: string | null = null): Promise<void> {
    inFlight += 1;
    try {
      const answer = await pool.request({ method: body === null ? 'GET' : 'POST', path, headers, body });
      await answer.body.dump();
      answered += 1;
      if (answer.statusCode >= 500) failed += 1;
      const version = String(answer.headers['x-serin-version'] ?? 'none');
      byVersion[version] = (byVersion[version] ?? 0) + 1;
    } catch {
      failed += 1;
    } finally {
      inFlight -= 1;
    }
  }

  return {
    counts: () => ({ sent, answered, failed, byVersion: { ...byVersion } }),
    async forced(paths) {
      await Promise.all(paths.map((path) => request({ 'x-serin-version': 'canary' }, path)));
    },
    async stop() {
      clearInterval(beat);
      await pool.destroy();
    },
  };
}
