import { Observable } from './observable.ts';
import { feedPosition, type Position } from './position.ts';
import { noteServerTime } from './server-clock.ts';

export type ApiReply<Data> =
  | {
      readonly kind: 'ok';
      readonly data: Data;
      /** Up to which event the answer is complete. */
      readonly position: Position | null;
      /** The path of the next page of a list; null where it is the last, or no list. */
      readonly next: string | null;
    }
  | { readonly kind: 'refused'; readonly status: number; readonly detail: string; readonly body: unknown }
  /** No answer came, or none of Serin: whether a command was carried out is not known. */
  | { readonly kind: 'unreachable'; readonly detail: string };

export const PATIENCE_MS = 15_000;

/** When Serin last answered, by `performance.now()`. */
export const answeredAt = new Observable(0);

const NOT_OURS = "an answer that is not Serin's";

/** Asks the control API. `path` follows `/api/v1`. */
export function ask<Data>(path: string): Promise<ApiReply<Data>> {
  return send<Data>(path, { method: 'GET' });
}

/** Asks for every page of a list. What is between two pages when something changes may be missing or there twice: its event comes after. */
export async function askAll<Item>(path: string): Promise<ApiReply<readonly Item[]>> {
  const first = await ask<readonly Item[]>(path);
  if (first.kind !== 'ok') return first;
  const items = [...first.data];
  for (let { next } = first; next !== null; ) {
    const page = await ask<readonly Item[]>(next);
    if (page.kind !== 'ok') return page;
    items.push(...page.data);
    next = page.next;
  }
  return { ...first, data: items, next: null };
}

/** One page of a list. */
export interface ListPage<Item> {
  readonly items: readonly Item[];
  /** The cursor of the page that follows; null where this is the last. */
  readonly older: string | null;
}

export async function askPage<Item>(path: string): Promise<ApiReply<ListPage<Item>>> {
  const answer = await ask<readonly Item[]>(path);
  if (answer.kind !== 'ok') return answer;
  const [, query = ''] = answer.next?.split('?') ?? [];
  return { ...answer, data: { items: answer.data, older: new URLSearchParams(query).get('cursor') } };
}

/** Sends a command. `ifMatch` is the version of the rollout that it is about. */
export function command<Data>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body: unknown,
  ifMatch?: number,
): Promise<ApiReply<Data>> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (ifMatch !== undefined) headers['if-match'] = `"${ifMatch}"`;
  return send<Data>(path, { method, headers, body: JSON.stringify(body) });
}

async function send<Data>(path: string, init: RequestInit): Promise<ApiReply<Data>> {
  try {
    // A proxy that sends elsewhere, to sign in there, has done nothing of what was asked.
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(`/api/v1${path}`, { ...init, redirect: 'error', signal });
    noteServerTime(response.headers.get('date'));
    const text = await response.text();
    const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
    const { headers, status } = response;
    // Only Serin's word counts as done: every answer of its API says how far it is, but for those of the session.
    const isOurs = (isJson || status === 204) && (headers.has('x-serin-feed') || path === '/session');
    if (response.ok && !isOurs) return { kind: 'unreachable', detail: NOT_OURS };
    const body: unknown = isJson && text !== '' ? JSON.parse(text) : null;
    if (response.ok) {
      answeredAt.set(performance.now());
      const position = feedPosition(headers.get('x-serin-feed'));
      return { kind: 'ok', data: body as Data, position, next: nextPage(headers.get('link')) };
    }
    if (!isJson) return { kind: 'unreachable', detail: NOT_OURS };
    return { kind: 'refused', status, detail: detailOf(body, status), body };
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: 'unreachable', detail: NOT_OURS };
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    return { kind: 'unreachable', detail: isLate ? `no answer within ${PATIENCE_MS / 1_000} s` : 'no connection' };
  }
}

/** What follows `/api/v1` in the link to the next page (RFC 8288). */
function nextPage(link: string | null): string | null {
  return /<\/api\/v1(\/[^>]*)>; *rel="next"/.exec(link ?? '')?.[1] ?? null;
}

/** The sentence of a problem (RFC 9457). */
function detailOf(body: unknown, status: number): string {
  const { detail } = (body ?? {}) as { readonly detail?: unknown };
  return typeof detail === 'string' ? detail : `refused with ${status}`;
}
