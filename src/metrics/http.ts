import type { LookupFunction } from 'node:net';
import { createGunzip } from 'node:zlib';
import type { Agent, Dispatcher } from 'undici';
import { certificateFault } from '../problem/certificate.ts';
import { errorCode } from '../problem/error-code.ts';

/** All questions go to a source at once; those over the limit wait their turn within the time-out. */
const MOST_CONNECTIONS = 16;

/** Where a metrics source answers, and the credentials it requires. */
export interface Endpoint {
  /** Absolute http(s) URL without user info; paths of requests are appended to it. */
  readonly url: string;
  /** For the whole exchange, from the dial to the last byte. */
  readonly timeoutMs: number;
  /** Of an answer after decompression. */
  readonly maxAnswerBytes: number;
  /** Authorization and tenant; secrets, sent only in a request's headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** PEM; without `ca`, the machine's own authorities. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Decides which addresses a name may resolve to. */
  readonly lookup: LookupFunction;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Begins with `/`; below the endpoint's own path. */
  readonly path: string;
  readonly form?: URLSearchParams;
}

/** A response with any status, complete and within its limits. */
export interface Fetched {
  readonly kind: 'answer';
  readonly status: number;
  readonly body: string;
}

/** Why there is no answer. The reason omits its subject ("did not answer within 3000 ms") and never contains the address. */
export interface NotFetched {
  readonly kind: 'failed';
  /** `late`: the endpoint's time-out passed; `other` includes a caller that gave up first. */
  readonly fault: 'late' | 'too-large' | 'other';
  readonly reason: string;
}

export interface HttpClient {
  /** Never throws, and follows no redirect. */
  fetch(asked: HttpRequest, signal: AbortSignal): Promise<Fetched | NotFetched>;
}

/** The only way to query metrics sources. Ignores proxy settings in the environment. */
export function httpClient(endpoint: Endpoint): HttpClient {
  const { timeoutMs, maxAnswerBytes, tls, lookup } = endpoint;
  const { origin, pathname } = new URL(endpoint.url);
  const base = pathname.replace(/\/$/, '');
  const headers = { accept: 'application/json', 'accept-encoding': 'gzip', ...endpoint.headers };
  let agent: Agent | null = null;

  /** Loaded on the first request: undici takes 10 MB, and most installations have no source to query. */
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
        // undici's own dial timer may fire just before ours.
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

/** Counts the decompressed bytes, so that a small body cannot become a large one. */
async function readCapped({ headers, body }: Dispatcher.ResponseData, maxBytes: number): Promise<string | NotFetched> {
  // Destroying an unfinished body makes it emit an error.
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

/** Only the code: a message may contain the address, or details of a certificate. */
function whyNone(error: unknown): string {
  const code = errorCode(error);
  if (code?.startsWith('Z_')) return 'answered what is not what its content coding says';
  // undici's own codes say less than these texts.
  const isOfSystem = code !== null && !code.startsWith('UND_ERR_');
  const fault = isOfSystem ? (certificateFault(code, "the source's `ca`") ?? code) : 'the connection failed';
  return `did not answer: ${fault}`;
}
