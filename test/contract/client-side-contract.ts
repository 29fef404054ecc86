import { afterEach, describe, expect, it } from 'vitest';
import type { Asker, ClientSide, ExchangeEvents } from '../../src/gateway/serve/client-side.ts';
import type { UpstreamHead } from '../../src/gateway/upstream/upstream-client.ts';
import { openRaw } from '../support/raw-client.ts';

/** A server of the protocol that hands the side of every request to `onRequest`. */
export interface SideServer {
  readonly port: number;
  close(): void;
}

export type OnRequest = (serve: (exchange: ExchangeEvents) => ClientSide) => void;

export interface SideUnderTest {
  listen(onRequest: OnRequest): Promise<SideServer>;
}

const ASKER: Asker = { method: 'GET', version: 'v2', versionLine: 'X-Serin-Version: v2\r\n', setCookie: null };
const GET = 'GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n';
const LARGE = 64 * 1_024;

/** A head as the answer reader gives it. */
function headOf(more: Partial<UpstreamHead> = {}): UpstreamHead {
  const { status = 200, rawHeaders = ['Content-Length', '2'] } = more;
  return {
    status,
    reason: 'Said',
    rawHeaders,
    passing: null,
    hasDate: false,
    isEventStream: false,
    isJson: false,
    namesPlaces: false,
    body: 'sized',
    length: null,
    ...more,
  };
}

const CHUNKED = { rawHeaders: ['Transfer-Encoding', 'chunked'], body: 'chunked' } as const;
const text = (answer: { readonly body: Buffer }): string => answer.body.toString('latin1');

/** What the exchange relies on, whatever protocol its client speaks. */
export function clientSideContract(name: string, { listen }: SideUnderTest): void {
  describe(`the client's side of an exchange: ${name}`, () => {
    const open: (() => void)[] = [];
    afterEach(() => {
      for (const close of open.splice(0)) close();
    });

    /** A request that has come, its side, and what the exchange was told. */
    async function asked(request = GET) {
      const told: string[] = [];
      let wake = (): void => {};
      const arrived = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const sides: ClientSide[] = [];
      const server = await listen((serve) => {
        const exchange: ExchangeEvents = {
          drained: () => void told.push('drained'),
          abandon: () => void told.push('abandon'),
          onFault: (error) => void told.push(`fault: ${String(error)}`),
        };
        sides.push(serve(exchange));
        wake();
      });
      open.push(() => server.close());
      const client = await openRaw(server.port);
      open.push(() => client.close());
      client.write(request);
      await arrived;
      const side = sides[0];
      if (!side) throw new Error('no request came');
      return { client, side, sides, told };
    }

    it('holds an answer back until it is flushed', async () => {
      const { client, side } = await asked();
      side.head(headOf(), ASKER, 'keep');
      expect(side.isOut).toBe(false);
      side.flush();
      expect(side.isOut).toBe(true);
      side.piece(Buffer.from('ok'));
      side.end([]);
      expect(await client.answer()).toMatchObject({ status: 200, reason: 'Said' });
    });

    it('sends what came at once as one answer, under the name of its version', async () => {
      const { client, side } = await asked();
      side.head(headOf(), { ...ASKER, setCookie: 'serin=1' }, 'keep');
      expect(side.piece(Buffer.from('ok'))).toBe(true);
      side.end([]);
      const answer = await client.answer();
      expect(text(answer)).toBe('ok');
      expect(answer.headers).toContainEqual(['X-Serin-Version', 'v2']);
      expect(answer.headers).toContainEqual(['Set-Cookie', 'serin=1']);
    });

    it('replaces an answer of which nothing has gone out, and its body', async () => {
      const { client, side } = await asked();
      side.head(headOf({ status: 500 }), ASKER, 'keep');
      side.piece(Buffer.from('no'));
      side.head(headOf({ status: 201 }), ASKER, 'keep');
      side.piece(Buffer.from('ok'));
      side.end([]);
      const answer = await client.answer();
      expect([answer.status, text(answer)]).toEqual([201, 'ok']);
    });

    it('sends interim heads at once, and they are no answer yet', async () => {
      const { client, side } = await asked();
      side.head(headOf({ status: 103, rawHeaders: ['Link', '</a.css>'], body: 'none' }), ASKER, 'keep');
      expect((await client.answer()).status).toBe(103);
      expect(side.isOut).toBe(false);
      side.head(headOf(), ASKER, 'keep');
      side.piece(Buffer.from('ok'));
      side.end([]);
      expect((await client.answer()).status).toBe(200);
    });

    it('sends no body in answer to HEAD, whatever it is given', async () => {
      const { client, side, sides } = await asked(GET.replace('GET', 'HEAD'));
      side.head(headOf(), { ...ASKER, method: 'HEAD' }, 'keep');
      side.piece(Buffer.from('ok'));
      side.end([]);
      expect((await client.answer('HEAD')).headers).toContainEqual(['Content-Length', '2']);
      client.write(GET);
      await expect.poll(() => sides.length).toBe(2);
      sides[1]?.head(headOf({ status: 201 }), ASKER, 'keep');
      sides[1]?.piece(Buffer.from('ok'));
      sides[1]?.end([]);
      expect((await client.answer()).status).toBe(201);
    });

    it('frames pieces and trailers', async () => {
      const { client, side } = await asked();
      side.head(headOf(CHUNKED), ASKER, 'keep');
      side.piece(Buffer.from('one '));
      side.flush();
      side.piece(Buffer.from('two'));
      side.end(['X-Sum', '7']);
      const answer = await client.answer();
      expect(text(answer)).toBe('one two');
      expect(answer.trailers).toContainEqual(['X-Sum', '7']);
    });

    it.each([
      ['as large as what is read at once', LARGE],
      ['larger than any buffer of a socket', 16 * 1_048_576],
    ])('reads the memory of a piece no more once it is given back: %s', async (_how, size) => {
      const { client, side, told } = await asked();
      const memory = Buffer.alloc(LARGE);
      side.head(headOf({ rawHeaders: ['Content-Length', String(size)] }), ASKER, 'keep');
      const answered = client.answer();
      for (let sent = 0, turn = 0; sent < size; sent += LARGE, turn++) {
        memory.fill(turn % 251);
        const before = told.length;
        if (!side.piece(memory)) await expect.poll(() => told.length, { timeout: 15_000 }).toBe(before + 1);
        // As the upstream's connection does, which reads its next bytes into it.
        memory.fill(0xff);
      }
      expect(told.every((event) => event === 'drained')).toBe(true);
      side.end([]);
      const { body } = await answered;
      const pieces = Array.from({ length: size / LARGE }, (_, turn) => body.subarray(turn * LARGE, (turn + 1) * LARGE));
      expect(pieces.every((piece, turn) => piece.every((octet) => octet === turn % 251))).toBe(true);
    });

    it('takes no more while its client takes nothing, and says how much waits', async () => {
      const { client, side, told } = await asked();
      client.socket.pause();
      side.head(headOf({ rawHeaders: ['Content-Length', String(64 * 1_048_576)] }), ASKER, 'keep');
      let pieces = 0;
      while (pieces < 1_024 && side.piece(Buffer.alloc(LARGE))) pieces++;
      expect(pieces).toBeLessThan(1_024);
      expect(side.untaken).toBeGreaterThan(0);
      expect(told).toEqual([]);
      client.socket.resume();
      await expect.poll(() => told, { timeout: 15_000 }).toEqual(['drained']);
    });

    it('ends a broken answer so that its client sees it', async () => {
      const { client, side } = await asked();
      side.head(headOf({ rawHeaders: [], body: 'close' }), ASKER, 'keep');
      side.piece(Buffer.from('half'));
      side.flush();
      side.end('broken');
      await expect(client.answer()).rejects.toThrow('the connection ended within an answer');
      expect(await client.ending).toBe('reset');
    });

    it('tells when its client goes away', async () => {
      const { client, told } = await asked();
      client.close();
      await expect.poll(() => told).toEqual(['abandon']);
    });

    it('says of an answer that it is the last', async () => {
      const { client, side } = await asked();
      side.head(headOf(), ASKER, 'close');
      side.piece(Buffer.from('ok'));
      side.end([]);
      expect((await client.answer()).headers).toContainEqual(['Connection', 'close']);
    });

    it('serves the next request of a connection that stays', async () => {
      const { client, side, sides } = await asked();
      side.head(headOf(), ASKER, 'keep');
      side.piece(Buffer.from('ok'));
      side.end([]);
      await client.answer();
      client.write(GET);
      await expect.poll(() => sides.length).toBe(2);
      const second = sides[1];
      expect(second?.isOut).toBe(false);
      second?.head(headOf({ status: 404 }), ASKER, 'keep');
      second?.piece(Buffer.from('no'));
      second?.end([]);
      expect((await client.answer()).status).toBe(404);
    });
  });
}
