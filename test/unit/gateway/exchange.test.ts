import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clockFrom } from '../../../src/gateway/clock.ts';
import { Exchange } from '../../../src/gateway/exchange.ts';
import { Pools } from '../../../src/gateway/pools.ts';
import { RouteRecorder } from '../../../src/gateway/recorder.ts';
import { orderTo } from '../../support/gateway.ts';

/** An exchange that has been dispatched and waits for a connection to the upstream. */
function waitingExchange() {
  const pools = new Pools({ connectMs: 1, answerMs: 1, headersMs: 1, idleMs: 1 });
  onTestFinished(() => pools.destroy());
  const order = orderTo('http://127.0.0.1:1', null);
  const recorder = new RouteRecorder(clockFrom(undefined), order);
  const incoming = new IncomingMessage(new Socket());
  const outgoing = new ServerResponse(incoming);
  const exchange = new Exchange({
    incoming,
    outgoing,
    upload: null,
    destination: pools.destination('shop', order.stable),
    recorder,
    ticket: recorder.begin('stable', 'weight'),
    version: null,
    setCookie: null,
  });
  return { exchange, outgoing, recorder };
}

/** What undici hands to a handler, and the reasons for which it was told to stop. */
function controller() {
  const aborted: string[] = [];
  return {
    aborted,
    paused: false,
    reason: null,
    abort: (reason: Error) => void aborted.push(reason.message),
    pause: () => {},
    resume: () => {},
  };
}

describe('an exchange whose client left before the upstream was connected', () => {
  it('is called off when the connection is there, and counts for nobody', () => {
    const { exchange, outgoing, recorder } = waitingExchange();
    outgoing.emit('close');
    const { aborted, ...handle } = controller();
    exchange.onRequestStart({ ...handle, aborted: false });
    expect(aborted).toEqual(['the client went away']);
    expect(recorder.totals()[0]?.outcomes).toMatchObject({ 'client-gone': 1, unanswered: 0 });
  });

  it('says nothing more when the connection fails after all', () => {
    const { exchange, outgoing, recorder } = waitingExchange();
    outgoing.emit('close');
    exchange.onResponseError(undefined, new Error('refused'));
    expect(outgoing.headersSent).toBe(false);
    expect(recorder.totals()[0]?.outcomes).toMatchObject({ 'client-gone': 1, unanswered: 0 });
  });
});
