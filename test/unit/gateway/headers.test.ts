import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { answerHeaders } from '../../../src/gateway/http/headers.ts';
import { requestIdOf } from '../../../src/gateway/http/request-ids.ts';
import { Via } from '../../../src/gateway/http/via.ts';
import { DecidingFields } from '../../../src/gateway/route/deciding-fields.ts';
import type { Peer } from '../../../src/gateway/route/peer.ts';
import { requestHeaders } from '../../../src/gateway/route/request-head.ts';
import { routeTo } from '../../support/gateway.ts';

const OUTSIDER: Peer = { address: '198.51.100.7', isTrusted: false, share: null };
const PROXY: Peer = { address: '10.0.0.1', isTrusted: true, share: null };

const via = new Via();
const deciding = new DecidingFields(routeTo('http://up.test', { consumerKey: { kind: 'header', name: 'x-api-key' } }));

/** A request as the parser leaves it. */
function requestWith(rawHeaders: readonly string[]): IncomingMessage {
  const incoming = new IncomingMessage(new Socket());
  incoming.httpVersion = '1.1';
  incoming.rawHeaders = [...rawHeaders];
  incoming.headers = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    const before = incoming.headers[name];
    incoming.headers[name] = before === undefined ? rawHeaders[at + 1] : `${String(before)}, ${rawHeaders[at + 1]}`;
  }
  return incoming;
}

function forwarded(rawHeaders: readonly string[], peer = OUTSIDER): string[] {
  return requestHeaders({
    incoming: requestWith(rawHeaders),
    peer,
    requestId: 'id-1',
    host: 'up.test',
    route: { deciding, stripped: '', via },
  });
}

describe('requestHeaders', () => {
  it('put the Host first and ours last, and leave the rest as it came', () => {
    expect(forwarded(['Host', 'shop.test', 'X-B', '2', 'x-a', '1', 'X-B', '3'])).toEqual([
      'Host',
      'up.test',
      'X-B',
      '2',
      'x-a',
      '1',
      'X-B',
      '3',
      'X-Forwarded-For',
      '198.51.100.7',
      'X-Forwarded-Host',
      'shop.test',
      'X-Forwarded-Proto',
      'http',
      'Via',
      via.after('1.1'),
      'X-Request-Id',
      'id-1',
    ]);
  });

  it.each([
    ['one name', 'X-Mine', true],
    ['a list with spaces and any case', 'close ,  x-MINE', true],
    ['another name', 'X-Other', false],
    ['nothing', '', false],
  ])('lose what Connection nominates: %s', (_name, connection, isGone) => {
    expect(forwarded(['Connection', connection, 'X-Mine', '1']).includes('X-Mine')).toBe(!isGone);
  });

  it.each(['Authorization', 'Cookie', 'Content-Type', 'Traceparent'])(
    'keep %s although Connection nominates it',
    (name) => {
      expect(forwarded(['Connection', name.toLowerCase(), name, 'value'])).toContain('value');
    },
  );

  it('set X-Forwarded-For although Connection nominates it', () => {
    const headers = forwarded(['Connection', 'X-Forwarded-For', 'X-Forwarded-For', '6.6.6.6']);
    expect(headers).toContain('X-Forwarded-For');
    expect(headers).not.toContain('6.6.6.6');
  });

  it('lose everything an outsider says about who it is', () => {
    const names = ['Forwarded', 'X-Real-IP', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto'];
    const headers = forwarded(names.flatMap((name) => [name, 'spoofed']));
    expect(headers.join()).not.toContain('spoofed');
  });

  it.each([
    'X-Forwarded-Port',
    'X-Forwarded-Prefix',
    'X-Forwarded-Ssl',
    'X-Forwarded-Client-Cert',
    'X-Client-IP',
    'True-Client-IP',
    'X-Original-URL',
    'X-Rewrite-URL',
  ])("lose an outsider's %s in every spelling, and keep a trusted proxy's", (name) => {
    for (const spelling of [name, name.toLowerCase(), name.toUpperCase(), name.replaceAll('-', '_')]) {
      expect(forwarded([spelling, '/spoofed'])).not.toContain('/spoofed');
      expect(forwarded(['Connection', spelling, spelling, '/said'], PROXY).includes('/said')).toBe(
        !spelling.includes('_'),
      );
    }
  });

  it.each(['X_Request_Id', 'x_forwarded_for', 'X_FORWARDED-FOR', 'Content_Length', 'Transfer_Encoding'])(
    'lose %s, whoever says it',
    (name) => {
      expect(forwarded([name, 'disguised'], PROXY)).not.toContain('disguised');
    },
  );

  it('go on with what a trusted proxy says', () => {
    const headers = forwarded(
      [
        'X-Forwarded-For',
        '203.0.113.9',
        'X-Forwarded-Host',
        'front.test',
        'X-Forwarded-Proto',
        'https',
        'Forwarded',
        'for=x',
      ],
      PROXY,
    );
    expect(headers.join()).toContain('X-Forwarded-For,203.0.113.9, 10.0.0.1');
    expect(headers.join()).toContain('X-Forwarded-Host,front.test');
    expect(headers.join()).toContain('X-Forwarded-Proto,https');
    expect(headers.join()).toContain('Forwarded,for=x');
  });

  it('carry one x-request-id: the kept one in its place, or the one made', () => {
    expect(forwarded(['x-request-id', 'id-1', 'A', '1']).filter((part) => part === 'id-1')).toHaveLength(1);
    expect(forwarded(['x-request-id', 'id-1', 'A', '1'])).not.toContain('X-Request-Id');
    expect(forwarded(['x-request-id', 'bad id'])).not.toContain('bad id');
  });
});

describe('requestIdOf', () => {
  it.each([
    ['abc-1', true],
    ['x'.repeat(128), true],
    ['x'.repeat(129), false],
    ['two words', false],
    ['', false],
  ])('keeps %j: %s', (id, isKept) => {
    expect(requestIdOf({ 'x-request-id': id }) === id).toBe(isKept);
  });
});

describe('answerHeaders', () => {
  const base = { status: 200, method: 'GET', httpVersion: '1.1', version: null, setCookie: null };

  it('keep octets above 0x7f and lose the fields of the hop', () => {
    const rawHeaders = ['X-Name', 'caf\xe9', 'Connection', 'X-Hop', 'X-Hop', '1', 'Keep-Alive', '5', 'Set-Cookie', 'a'];
    const { headers } = answerHeaders({ ...base, rawHeaders });
    expect(headers).toEqual(['X-Name', 'caf\xe9', 'Set-Cookie', 'a']);
  });

  it('keep Set-Cookie although Connection nominates it', () => {
    expect(answerHeaders({ ...base, rawHeaders: ['Connection', 'set-cookie', 'Set-Cookie', 'a'] }).headers).toContain(
      'a',
    );
  });

  it.each([
    ['chunked', {}, []],
    ['sized', {}, ['Content-Length', '5']],
    ['sized', { httpVersion: '1.0' }, []],
    ['none', { method: 'HEAD' }, ['Content-Length', '5']],
    ['none', { status: 304 }, ['Content-Length', '5']],
    ['none', { status: 204 }, []],
  ] as const)('make the body %s for %j with %j', (body, more, rawHeaders) => {
    expect(answerHeaders({ ...base, ...more, rawHeaders }).body).toBe(body);
  });

  it('name Trailer only where there can be trailers', () => {
    expect(answerHeaders({ ...base, rawHeaders: ['Trailer', 'X'] }).headers).toEqual(['Trailer', 'X']);
    expect(answerHeaders({ ...base, rawHeaders: ['Trailer', 'X', 'Content-Length', '1'] }).headers).not.toContain(
      'Trailer',
    );
  });

  it('put our version and cookie last, in place of what the upstream says of the version', () => {
    const rawHeaders = ['X-Serin-Version', 'fake', 'A', '1'];
    expect(answerHeaders({ ...base, rawHeaders, version: 'v2', setCookie: 'serin=x' }).headers).toEqual([
      'A',
      '1',
      'X-Serin-Version',
      'v2',
      'Set-Cookie',
      'serin=x',
    ]);
  });
});
