import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { routeTo, startGateway, using } from '../support/gateway.ts';
import { get, openRaw } from '../support/raw-client.ts';
import { httpUpstream } from '../support/upstream.ts';

/** More than what two sockets hold of a body that nobody reads. */
const LENGTH = 8 * 1_048_576;
/** No two pieces of it are alike. */
const BIG = Buffer.from(Uint32Array.from({ length: LENGTH / 4 }, (_, at) => at).buffer);
const SMALL = Buffer.alloc(100_000, 'b');

const answers: RequestListener = ({ url }, outgoing) => {
  // Its own connection is never used again, so that the next one has to take the one that is free by then.
  if (url === '/small') outgoing.writeHead(200, { connection: 'close', 'content-length': SMALL.length }).end(SMALL);
  else if (url === '/sized') outgoing.writeHead(200, { 'content-length': LENGTH }).end(BIG);
  else outgoing.writeHead(200, { 'transfer-encoding': 'chunked' }).end(BIG);
};

/** Reads one answer piece by piece, and lets another client ask between any two of them. */
async function readSlowly(port: number, path: string, between: () => Promise<void>): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  socket.write(get(path, 'Connection: close'));
  const pieces: Buffer[] = [];
  for await (const piece of socket) {
    pieces.push(piece as Buffer);
    await between();
  }
  return Buffer.concat(pieces);
}

/** Where two bodies begin to differ; -1 for equal ones. */
function firstDifference(one: Buffer, other: Buffer): number {
  return one.length === other.length && one.equals(other) ? -1 : one.findIndex((octet, at) => octet !== other[at]);
}

describe('a body that waits for a slow client', () => {
  it.each(['/sized', '/chunked'])(
    'stays what it is while others use the connection that it came by: %s',
    async (path) => {
      const upstream = await using(httpUpstream(answers));
      const gateway = await startGateway([routeTo(upstream.url)]);
      const others = await openRaw(gateway.port);
      const answer = await readSlowly(gateway.port, path, async () => {
        others.write(get('/small'));
        const { body } = await others.answer();
        expect(firstDifference(body, SMALL)).toBe(-1);
      });
      others.close();
      const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4);
      if (path === '/sized') expect(firstDifference(body, BIG)).toBe(-1);
      else expect(firstDifference(withoutChunks(body), BIG)).toBe(-1);
    },
  );
});

function withoutChunks(body: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const from = body.indexOf('\r\n', at) + 2;
    const size = Number.parseInt(body.toString('latin1', at, from), 16);
    pieces.push(body.subarray(from, from + size));
    at = from + size + 2;
  }
  return Buffer.concat(pieces);
}
