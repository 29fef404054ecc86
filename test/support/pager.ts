import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PagerEvent {
  readonly action: string;
  readonly key: string;
  readonly summary: string;
}

/** A PagerDuty that remembers what it was told; `flaky` is down every second time. */
export async function startPager(mood: 'well' | 'flaky' = 'well') {
  const events: PagerEvent[] = [];
  let asked = 0;
  const server = createServer((incoming, outgoing) => {
    let body = '';
    incoming.on('data', (chunk) => {
      body += String(chunk);
    });
    incoming.on('end', () => {
      // Serin asks whether it is there before it needs it.
      if (incoming.method !== 'POST') return void outgoing.writeHead(405).end();
      asked += 1;
      if (mood === 'flaky' && asked % 2 === 1) return void outgoing.writeHead(503).end();
      const event = JSON.parse(body) as { event_action?: string; dedup_key?: string; payload?: { summary?: string } };
      const { event_action: action = 'change', dedup_key: key = '', payload } = event;
      events.push({ action, key, summary: payload?.summary ?? '' });
      outgoing.writeHead(202, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    events,
    close: () => new Promise((done) => server.close(done)),
  };
}
