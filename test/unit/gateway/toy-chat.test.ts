import { describe, expect, it } from 'vitest';
import { GOOD_CHAT } from '../../../src/demo/chat-answer.ts';
import { startToyChat, type ToyChatOptions } from '../../../src/demo/toy-chat.ts';
import { using } from '../../support/gateway.ts';

const QUICK = { ...GOOD_CHAT, firstTokenMs: 0, tokenGapMs: 0, lengthShare: 0, toolShare: 0, refusalShare: 0 };

async function ask(more: Partial<ToyChatOptions>, body: object) {
  const toy = await using(startToyChat({ host: '127.0.0.1', port: 0, version: 'toy', ...QUICK, ...more }));
  return fetch(`${toy.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body) });
}

const MESSAGES = { messages: [{ role: 'user', content: 'Sing.' }] };
const STREAMED = { ...MESSAGES, stream: true, stream_options: { include_usage: true } };

interface Chunk {
  readonly choices: readonly {
    readonly delta: { readonly content?: string; readonly tool_calls?: readonly ToolCall[] };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: { readonly completion_tokens: number };
}

interface ToolCall {
  readonly function: { readonly arguments: string };
}

/** The data of the events of a streamed answer. */
async function streamed(more: Partial<ToyChatOptions>, body: object = STREAMED): Promise<string[]> {
  const answer = await ask(more, body);
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const events = (await answer.text()).split('\n\n');
  expect(events.pop()).toBe('');
  return events.map((event) => event.replace(/^data: /, ''));
}

const chunksOf = (data: readonly string[]) =>
  data.filter((each) => each !== '[DONE]').map((each) => JSON.parse(each) as Chunk);

describe('the toy model', () => {
  it('streams its tokens, then why it ended, what it used, and that it is done', async () => {
    const data = await streamed({ tokens: 5 });
    expect(data.at(-1)).toBe('[DONE]');
    const chunks = chunksOf(data);
    const [usage, last, ...tokens] = chunks.toReversed();
    expect(usage).toMatchObject({ choices: [], usage: { completion_tokens: tokens.length } });
    expect(last?.choices[0]?.finish_reason).toBe('stop');
    expect(tokens.every(({ choices }) => choices[0]?.finish_reason === null)).toBe(true);
    expect(
      tokens
        .toReversed()
        .map(({ choices }) => choices[0]?.delta.content)
        .join(''),
    ).toMatch(/^the small /);
  });

  it('answers at once where no stream is asked for', async () => {
    const answer = await ask({ tokens: 3 }, MESSAGES);
    expect(await answer.json()).toMatchObject({
      object: 'chat.completion',
      model: 'toy',
      choices: [{ message: { role: 'assistant' }, finish_reason: 'stop' }],
      usage: { total_tokens: expect.any(Number) as number },
    });
  });

  it('has knobs for what goes wrong', async () => {
    expect(chunksOf(await streamed({ usage: 'left-out' })).some(({ usage }) => usage !== undefined)).toBe(false);
    expect(await streamed({ unfinishedShare: 1 })).not.toContain('[DONE]');
    const reasons = chunksOf(await streamed({ lengthShare: 1 })).map(({ choices }) => choices[0]?.finish_reason);
    expect(reasons).toContain('length');
    const refusal = chunksOf(await streamed({ refusalShare: 1 }));
    expect(refusal.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toMatch(/^I'm sorry/);
  });

  it.each([
    [0, (text: string) => expect(JSON.parse(text)).toEqual({ city: 'Porto', days: 3 })],
    [1, (text: string) => expect(() => JSON.parse(text)).toThrow(SyntaxError)],
  ])('calls a tool, of whose arguments this share is broken: %d', async (brokenToolShare, holds) => {
    const chunks = chunksOf(await streamed({ toolShare: 1, brokenToolShare }));
    holds(chunks.map(({ choices }) => choices[0]?.delta.tool_calls?.[0]?.function.arguments ?? '').join(''));
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toContain('tool_calls');
  });

  it('waits for its first token behind its head, and stalls', async () => {
    const began = performance.now();
    const answer = await ask({ firstTokenMs: 400, stallShare: 1, stallMs: 500 }, STREAMED);
    const headMs = performance.now() - began;
    await answer.text();
    expect(performance.now() - began - headMs).toBeGreaterThan(500);
  });

  it('refuses what is no such request, and answers its health', async () => {
    expect((await ask({}, { stream: true })).status).toBe(400);
    const toy = await using(startToyChat({ host: '127.0.0.1', port: 0, version: 'toy', ...QUICK }));
    expect((await fetch(`${toy.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${toy.url}/v1/models`)).status).toBe(404);
  });
});
