import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChatAnswer, type ChatBehaviour, drawChatAnswer } from './chat-answer.ts';
import { uniformDraws } from './draws.ts';

export interface ToyChatOptions extends ChatBehaviour {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Name of the model. */
  readonly version: string;
  readonly seed?: number;
}

export interface ToyChat {
  readonly url: string;
  setBehaviour(change: Partial<ChatBehaviour>): void;
  close(): Promise<void>;
}

interface Asked {
  readonly isStream: boolean;
  readonly wantsUsage: boolean;
  readonly promptTokens: number;
}

const MOST_REQUEST_BYTES = 1_048_576;

/**
 * An HTTP server that plays a model behind the chat-completions interface (OpenAI API reference, "Create chat completion"), as a
 * stream or at once, as the request says. The head of an answer goes out at once, and a stream's first token later. `/healthz`
 * always answers 200.
 */
export async function startToyChat(options: ToyChatOptions): Promise<ToyChat> {
  const { host, port, version, seed = 1 } = options;
  const random = uniformDraws(seed);
  let behaviour: ChatBehaviour = options;
  let answers = 0;

  const server = createServer((incoming, outgoing) => {
    const path = (incoming.url ?? '/').split('?')[0] ?? '';
    if (path === '/healthz') return say(outgoing, 200, { version, status: 'ok' });
    if (incoming.method !== 'POST' || !path.endsWith('/chat/completions')) return refuse(outgoing, 404, 'no such path');
    void askedIn(incoming).then((asked) => {
      if (asked === null) return refuse(outgoing, 400, 'not a request for a chat completion');
      const answer = drawChatAnswer(behaviour, asked.promptTokens, random);
      const id = `chatcmpl-${++answers}`;
      const saysUsage = behaviour.usage === 'said' && (asked.wantsUsage || !asked.isStream);
      const named = { id, created: Math.floor(Date.now() / 1_000), model: version };
      return asked.isStream ? stream(outgoing, named, answer, saysUsage) : whole(outgoing, named, answer, saysUsage);
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });

  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    setBehaviour: (change) => {
      behaviour = { ...behaviour, ...change };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function askedIn(incoming: IncomingMessage): Promise<Asked | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MOST_REQUEST_BYTES) return null;
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString();
    const { stream: isStream, stream_options: options, messages } = JSON.parse(text) as Record<string, unknown>;
    if (!Array.isArray(messages)) return null;
    const wantsUsage = (options as { include_usage?: unknown } | undefined)?.include_usage === true;
    return { isStream: isStream === true, wantsUsage, promptTokens: Math.ceil(text.length / 4) };
  } catch {
    return null;
  }
}

interface Named {
  readonly id: string;
  /** Epoch seconds. */
  readonly created: number;
  readonly model: string;
}

async function stream(outgoing: ServerResponse, named: Named, answer: ChatAnswer, saysUsage: boolean): Promise<void> {
  const leaving = new AbortController();
  outgoing.once('close', () => leaving.abort());
  const event = (data: string): unknown => outgoing.write(`data: ${data}\n\n`);
  const chunk = (choices: readonly object[], usage?: object): unknown =>
    event(JSON.stringify({ ...named, object: 'chat.completion.chunk', choices, ...(usage && { usage }) }));
  const choice = (delta: object, finish_reason: string | null = null) => [{ index: 0, delta, finish_reason }];
  outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  outgoing.flushHeaders();
  try {
    for (const [at, { text, afterMs }] of answer.tokens.entries()) {
      await sleep(afterMs, undefined, { signal: leaving.signal });
      chunk(choice({ ...(at === 0 && { role: 'assistant' }), ...deltaOf(answer, text, at) }));
    }
  } catch {
    // Its client has gone.
    return;
  }
  chunk(choice({}, answer.finishReason));
  if (saysUsage) chunk([], usageOf(answer));
  if (answer.isFinished) event('[DONE]');
  outgoing.end();
}

async function whole(outgoing: ServerResponse, named: Named, answer: ChatAnswer, saysUsage: boolean): Promise<void> {
  await sleep(answer.tokens.reduce((sum, { afterMs }) => sum + afterMs, 0));
  const text = answer.tokens.map((token) => token.text).join('');
  const message =
    answer.kind === 'text'
      ? { role: 'assistant', content: text }
      : { role: 'assistant', content: null, tool_calls: [{ id: 'call_1', type: 'function', ...called(text) }] };
  const choices = [{ index: 0, message, finish_reason: answer.finishReason }];
  say(outgoing, 200, { ...named, object: 'chat.completion', choices, ...(saysUsage && { usage: usageOf(answer) }) });
}

function deltaOf({ kind }: ChatAnswer, text: string, at: number): object {
  if (kind === 'text') return { content: text };
  const beginning = at === 0 ? { id: 'call_1', type: 'function' } : {};
  const { function: call } = called(text);
  return { tool_calls: [{ index: 0, ...beginning, function: at === 0 ? call : { arguments: text } }] };
}

function called(text: string) {
  return { function: { name: 'weather', arguments: text } };
}

function usageOf({ promptTokens, tokens }: ChatAnswer): object {
  const { length } = tokens;
  return { prompt_tokens: promptTokens, completion_tokens: length, total_tokens: promptTokens + length };
}

function refuse(outgoing: ServerResponse, status: number, message: string): void {
  say(outgoing, status, { error: { message, type: 'invalid_request_error' } });
}

function say(outgoing: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  outgoing.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  outgoing.end(text);
}
