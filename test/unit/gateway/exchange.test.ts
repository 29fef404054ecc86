import { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { clockFrom } from '../../../src/gateway/http/clock.ts';
import { RouteRecorder } from '../../../src/gateway/measure/recorder.ts';
import { Pools } from '../../../src/gateway/route/destinations.ts';
import { GatewayRequest } from '../../../src/gateway/serve/admit.ts';
import { Exchange } from '../../../src/gateway/serve/exchange.ts';
import { NodeSide } from '../../../src/gateway/serve/node-side.ts';
import { OwnListeners } from '../../../src/gateway/upstream/own-listeners.ts';
import type { UpstreamClient } from '../../../src/gateway/upstream/upstream-client.ts';
import { noFaults, orderTo } from '../../support/gateway.ts';

/** An exchange that waits for a connection to the upstream, and how often it was called off there. */
function waitingExchange() {
  const order = orderTo('http://127.0.0.1:1', null);
  const aborted: string[] = [];
  const timeouts = { connectMs: 1, answerMs: 1, silenceMs: 1 };
  const client: UpstreamClient = {
    request: ({ path }) => ({ resume: () => {}, abort: () => void aborted.push(path) }),
    close: () => {},
    destroy: () => {},
  };
  const pools = new Pools({ own: new OwnListeners(), inFlight: 1, forced: 1, sweepMs: 1_000, faults: noFaults });
  const destination = { ...pools.destination('shop', order.stable), client };
  const recorder = new RouteRecorder(clockFrom(undefined), order);
  const outgoing = new ServerResponse(new GatewayRequest(new Socket()));
  const side = new NodeSide(outgoing);
  const exchange = new Exchange({
    side,
    upload: null,
    attempt: {
      destination,
      version: null,
      notice: null,
      places: null,
      request: { method: 'GET', path: '/cart', headers: '', body: null, timeouts, lane: 'open', share: null },
    },
    failover: null,
    recorder,
    ticket: recorder.begin('stable', 'weight'),
    setCookie: null,
    requestId: 'r-1',
    faults: noFaults,
    mirroring: null,
    owner: null,
  });
  side.serve(exchange);
  exchange.begin();
  return { exchange, outgoing, recorder, aborted };
}

describe('an exchange whose client left before the upstream was connected', () => {
  it('is called off there, and counts for nobody', () => {
    const { outgoing, recorder, aborted } = waitingExchange();
    outgoing.emit('close');
    expect(aborted).toEqual(['/cart']);
    expect(recorder.totals()[0]?.outcomes).toMatchObject({ 'client-gone': 1, unanswered: 0 });
  });

  it('says nothing more when the connection fails after all', () => {
    const { exchange, outgoing, recorder } = waitingExchange();
    outgoing.emit('close');
    exchange.onError({ kind: 'refused', written: 'nothing' });
    expect(outgoing.headersSent).toBe(false);
    expect(recorder.totals()[0]?.outcomes).toMatchObject({ 'client-gone': 1, unanswered: 0 });
  });
});
