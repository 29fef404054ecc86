import type { Duplex } from 'node:stream';
import { CloseFrames } from './close-frames.ts';

/** Both ends of a tunnel, and what came on them with their heads. */
export interface TunnelEnds {
  readonly client: Duplex;
  readonly upstream: Duplex;
  readonly fromClient: Buffer;
  readonly fromUpstream: Buffer;
}

/**
 * Tells, once, whether a WebSocket lives for so long, or who ends it before. The side that says Close first ends it, not the one
 * that closes the connection: a server does that after the client's Close, too (RFC 6455 section 7.1.1).
 *
 * @param contain runs a step of an event; `over` may throw
 */
export function watchEarlyClose(
  { client, upstream, fromClient, fromUpstream }: TunnelEnds,
  withinMs: number,
  contain: (step: () => void) => void,
  over: (by: 'client' | 'upstream' | 'nobody') => void,
): void {
  const saidBy = { client: new CloseFrames(), upstream: new CloseFrames() };
  let isOver = false;
  const end = (by: 'client' | 'upstream' | 'nobody'): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    for (const [side, { onData, onEnd }] of sides) {
      side.off('data', onData);
      for (const event of ENDINGS) side.off(event, onEnd);
    }
    over(by);
  };
  const listenersOf = (by: 'client' | 'upstream') => ({
    onData: (chunk: Buffer): void =>
      contain(() => {
        saidBy[by].read(chunk);
        if (saidBy[by].hasClosed) end(by);
      }),
    onEnd: (): void => contain(() => end(by)),
  });
  const timer = setTimeout(() => contain(() => end('nobody')), withinMs).unref();
  const sides = [
    [client, listenersOf('client')],
    [upstream, listenersOf('upstream')],
  ] as const;
  for (const [side, { onData, onEnd }] of sides) {
    side.on('data', onData);
    for (const event of ENDINGS) side.on(event, onEnd);
  }
  sides[0][1].onData(fromClient);
  sides[1][1].onData(fromUpstream);
}

const ENDINGS = ['end', 'error', 'close'] as const;
