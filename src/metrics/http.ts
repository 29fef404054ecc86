import type { LookupFunction } from 'node:net';
import { createGunzip } from 'node:zlib';
import type { Agent, Dispatcher } from 'undici';
import { certificateFault } from '../problem/certificate.ts';
import { errorCode } from '../problem/error-code.ts';

/** A source is asked everything at once; the rest waits its turn within the time-out. */
const MOST_CONNECTIONS = 16;

/** Where a metrics source answers, and what it wants to see before it does. */
export interface Endpoint {
  /** Absolute http(s) URL without user info; paths of requests are appended to it. */
  readonly url: string;
  /** For the whole of an exchange, from the dial to the last byte. */
  readonly timeoutMs: number;
  /** Of an answer after it was inflated. */
  readonly maxAnswerBytes: number;
  /** Authorization and tenant; secrets, which leave only in a request's head. */
  readonly headers: Readonly<Record<string, string>>;
  /** PEM; the machine's own authorities where `ca` is left out. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Decides to which addresses a name may lead. */
  readonly lookup: LookupFunction;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Begins with `/`; below the endpoint's own path. */
  readonly path: string;
  readonly form?: URLSearchParams;
}

/** An answer of any status, complete and within its limits. */
export interface Fetched {
  readonly kind: 'answer';
  readonly status: number;
  readonly body: string;
}

/** Why there is no answer. The reason lacks its subject ("did not answer within 3000 ms") and never has the address. */
export interface NotFetched {
  readonly kind: 'failed';
  /** `late`: the time-out of the endpoint passed; `other` includes a caller that gave up before. */
  readonly fault: 'late' | 'too-large' | 'other';
  readonly reason: string;
}

export interface HttpClient {
  /** Never throws, and follows no redirect. */
  fetch(asked: HttpRequest, signal: AbortSignal): Promise<Fetched | NotFetched>;
}

/** The one way in which metrics sources are asked. No proxy of the environment is used. */
export function httpClient(endpoint: Endpoint): HttpClient {
  const { timeoutMs, maxAnswerBytes, tls, lookup } = endpoint;
  const { origin, pathname } = new URL(endpoint.url);
  const base = pathname.replace(/\/$/, '');
  const headers = { accept: 'application/json', 'accept-encoding': 'gzip', ...endpoint.headers };
  let agent: Agent | null = null;

  /** Loaded when something is asked: undici takes 10 MB, and most installations have no source to ask. */
  async function agentOfSource(): Promise<Agent> {
    const { Agent } = await import('undici');
    agent ??= new Agent({
      connections: MOST_CONNECTIONS,
      connect: { ...tls, lookup, timeout: timeoutMs },
    });
    return agent;
  }

  async function exchange({ method, path, form }: HttpRequest, signal: AbortSignal): Promise<Fetched | NotFetched> {
    const answer = await (await agentOfSource()).request({
      origin,
      method,
      path: `${base}${path}`,
      headers: form ? { ...headers, 'content-type': 'application/x-www-form-urlencoded' } : headers,
      body: form ? form.toString() : null,
      signal,
    });
    const body = await readCapped(answer, maxAnswerBytes);
    return typeof body === 'string' ? { kind: 'answer', status: answer.statusCode, body } : body;
  }

  return {
    async fetch(asked, signal) {
      const inTime = AbortSignal.timeout(timeoutMs);
      try {
        return await exchange(asked, AbortSignal.any([signal, inTime]));
      } catch (error) {
        // undici's own clock of a dial may fire just before ours.
        if (inTime.aborted || errorCode(error) === 'UND_ERR_CONNECT_TIMEOUT') return late(timeoutMs);
        return failed(signal.aborted ? 'was not waited for' : whyNone(error));
      }
    },
  };
}

function late(timeoutMs: number): NotFetched {
  return { kind: 'failed', fault: 'late', reason: `did not answer within ${timeoutMs} ms` };
}

function failed(reason: string): NotFetched {
  return { kind: 'failed', fault: 'other', reason };
}

/** Counts what comes out of the inflater, so that a small body cannot become a large one. */
async function readCapped({ headers, body }: Dispatcher.ResponseData, maxBytes: number): Promise<string | NotFetched> {
  // Destroying a body that is not at its end is an error to it.
  body.on('error', () => {});
  const coding = String(headers['content-encoding'] ?? 'identity').toLowerCase();
  if (coding !== 'gzip' && coding !== 'identity') {
    body.destroy();
    return failed('answered in a content coding that was not asked for');
  }
  const plain = coding === 'gzip' ? body.pipe(createGunzip()) : body;
  // A pipe does not pass errors on.
  body.on('error', (error: Error) => plain.destroy(error));
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes)
        return { kind: 'failed', fault: 'too-large', reason: `answered more than ${maxBytes} bytes` };
      chunks.push(chunk);
    }
  } finally {
    body.destroy();
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Only the code: a message may carry the address, or what a certificate says. */
function whyNone(error: unknown): string {
  const code = errorCode(error);
  if (code?.startsWith('Z_')) return 'answered what is not what its content coding says';
  // undici's own codes say less than these words.
  const isOfSystem = code !== null && !code.startsWith('UND_ERR_');
  const fault = isOfSystem ? (certificateFault(code, "the source's `ca`") ?? code) : 'the connection failed';
  return `did not answer: ${fault}`;
}
