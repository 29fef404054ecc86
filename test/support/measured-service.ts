import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Exporter, startExporter } from './exporter.ts';
import { normal, seededRandom } from './random.ts';
import { httpUpstream } from './upstream.ts';

const HISTOGRAM = 'http_server_request_duration_seconds';
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
/** Latencies are log-normal: wide enough that several boundaries lie within them. */
const MEDIAN_MS = 8;
const SPREAD = 0.8;

/** One version of a service that measures itself as OpenTelemetry has it. */
export interface MeasuredService {
  readonly url: string;
  readonly exporter: Exporter;
  /** Share of requests that it answers with 500 from now on. */
  fail(share: number): void;
  /** How many times as long it takes from now on. */
  slow(factor: number): void;
  close(): Promise<void>;
}

export async function measuredService(service: string, version: string): Promise<MeasuredService> {
  const exporter = await startExporter();
  const random = seededRandom(7);
  let failing = 0.002;
  let slowness = 1;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === '/healthz') {
      response.end('ok');
      return;
    }
    const began = performance.now();
    const status = random() < failing ? 500 : 200;
    await sleep(slowness * MEDIAN_MS * Math.exp(SPREAD * normal(random)));
    response.writeHead(status).end(version);
    const labels = { service, service_version: version, http_response_status_code: String(status) };
    exporter.observe(HISTOGRAM, labels, (performance.now() - began) / 1_000, BOUNDARIES);
  };
  const upstream = await httpUpstream((request, response) => void answer(request, response));
  return {
    url: upstream.url,
    exporter,
    fail: (share) => {
      failing = share;
    },
    slow: (factor) => {
      slowness = factor;
    },
    async close() {
      await Promise.all([upstream.close(), exporter.close()]);
    },
  };
}
