import { request } from 'undici';
import type { ShopLine } from './toy-order.ts';

/** Where logs go, and by which right. */
export interface LogDestination {
  /** Of Serin's control API. */
  readonly controlUrl: string;
  readonly route: string;
  /** With the role `logs:write`, and no other. */
  readonly token: string;
}

export interface LogSender {
  add(version: string, lines: readonly ShopLine[]): void;
  stop(): void;
}

const EVERY_MS = 500;
/** Lines that wait for their batch; more are lost, as they would be in any log that is written faster than it is sent. */
const MOST_WAITING = 10_000;

/** Sends lines as a log shipper does: in batches, one after the other, and without them when Serin takes none. */
export function startLogSender({ controlUrl, route, token }: LogDestination): LogSender {
  const url = new URL(`/api/v1/logs?route=${encodeURIComponent(route)}`, controlUrl);
  let waiting: string[] = [];
  let isSending = false;

  async function send(): Promise<void> {
    if (isSending || waiting.length === 0) return;
    const body = waiting.join('\n');
    waiting = [];
    isSending = true;
    try {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' };
      const answer = await request(url, { method: 'POST', headers, body });
      await answer.body.dump();
    } catch {
      // Serin is away: what was in this batch is lost.
    } finally {
      isSending = false;
    }
  }

  const beat = setInterval(() => void send(), EVERY_MS);
  return {
    add(version, lines) {
      if (waiting.length < MOST_WAITING) waiting.push(...lines.map((line) => JSON.stringify({ version, ...line })));
    },
    stop: () => clearInterval(beat),
  };
}
