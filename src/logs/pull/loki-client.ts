import type { HttpClient } from '../../metrics/http.ts';

export interface LokiQuestion {
  readonly query: string;
  /** Lines from this instant on, in ns. */
  readonly from: bigint;
  /** Up to this one, and without it. */
  readonly to: bigint;
  readonly limit: number;
  /** Where there are more than `limit`: the oldest, or the newest. */
  readonly first: 'oldest' | 'newest';
}

/** What came back, not read yet, or one clause why nothing usable did, which begins with Loki. */
export type LokiAnswer =
  | { readonly ok: true; readonly body: string }
  | { readonly ok: false; readonly reason: string; readonly isTooLarge: boolean };

export interface LokiClient {
  /** Never throws. */
  ask(question: LokiQuestion, signal: AbortSignal): Promise<LokiAnswer>;
}

const LONGEST_SAID = 200;

/** Asks `query_range`, as https://grafana.com/docs/loki/latest/reference/loki-http-api/ has it. */
export function lokiClient(http: HttpClient): LokiClient {
  return {
    async ask({ query, from, to, limit, first }, signal) {
      const words = new URLSearchParams({
        query,
        start: from.toString(),
        end: to.toString(),
        limit: String(limit),
        direction: first === 'oldest' ? 'forward' : 'backward',
      });
      const fetched = await http.fetch({ method: 'GET', path: `/loki/api/v1/query_range?${words.toString()}` }, signal);
      if (fetched.kind === 'failed') {
        return { ok: false, reason: `Loki ${fetched.reason}`, isTooLarge: fetched.fault === 'too-large' };
      }
      const { status, body } = fetched;
      if (status === 200) return { ok: true, body };
      return { ok: false, reason: `Loki answered ${status}${saidIn(status, body)}`, isTooLarge: false };
    },
  };
}

/** Loki gives its reason as a text; what stands before it may answer a page of HTML. */
function saidIn(status: number, body: string): string {
  if (status >= 300 && status < 400) return ', and redirects are not followed';
  const said = body.replaceAll(/\p{Cc}+/gu, ' ').trim();
  return said === '' || said.startsWith('<') ? '' : `: ${said.slice(0, LONGEST_SAID)}`;
}
