import { describe, expect, it } from 'vitest';
import type { Echo } from '../../src/demo/toy-upstream.ts';
import { routeTo, startGateway, startToy } from '../support/gateway.ts';
import { askRaw, get } from '../support/raw-client.ts';

const IDENTITY = [
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Port',
  'X-Forwarded-Client-Cert',
  'X-Real-IP',
  'X-Client-IP',
  'True-Client-IP',
  'X-Original-URL',
];

/** What the upstream is told, names in lower case, when a client on loopback says `lines`. */
async function told(trustedProxies: readonly string[], ...lines: string[]): Promise<Record<string, string[]>> {
  const toy = await startToy('v1');
  const gateway = await startGateway([routeTo(toy.url)], { trustedProxies });
  const answer = await askRaw(gateway.port, get('/echo', ...lines));
  const { rawHeaders } = JSON.parse(answer.body.toString()) as Echo;
  const fields: Record<string, string[]> = {};
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    fields[name] = [...(fields[name] ?? []), rawHeaders[at + 1] ?? ''];
  }
  return fields;
}

describe('docs/failures.md: identity that an outsider claims', () => {
  it.each([
    ['as it is spelled', (name: string) => name],
    ['in capitals', (name: string) => name.toUpperCase()],
    ['in lower case', (name: string) => name.toLowerCase()],
    ['with underscores', (name: string) => name.replaceAll('-', '_')],
    ['with one underscore', (name: string) => name.replace('-', '_')],
  ])('reaches no upstream: %s', async (_name, spell) => {
    const fields = await told([], ...IDENTITY.map((name) => `${spell(name)}: spoofed`));
    expect(JSON.stringify(fields)).not.toContain('spoofed');
    expect([fields['x-forwarded-for'], fields['x-forwarded-host'], fields['x-forwarded-proto']]).toEqual([
      ['127.0.0.1'],
      ['shop.test'],
      ['http'],
    ]);
  });

  it('twice over does not pass either, nor nominated by Connection', async () => {
    const lines = [
      'X-Forwarded-For: spoofed',
      'x-forwarded-for: spoofed',
      'Connection: X-Forwarded-For, X-Forwarded-Port',
    ];
    const fields = await told([], ...lines, 'X-Forwarded-Port: spoofed');
    expect(JSON.stringify(fields)).not.toContain('spoofed');
    expect(fields['x-forwarded-for']).toEqual(['127.0.0.1']);
  });
});

describe('identity that a trusted proxy tells', () => {
  it('passes, and the chain grows by the proxy', async () => {
    const fields = await told(['127.0.0.0/8'], ...IDENTITY.map((name) => `${name}: said`));
    expect(fields['x-forwarded-for']).toEqual(['said, 127.0.0.1']);
    for (const name of IDENTITY.slice(2)) expect(fields[name.toLowerCase()]).toEqual(['said']);
  });

  it('passes also where Connection nominates it, but not under another name', async () => {
    const fields = await told(
      ['127.0.0.1'],
      'Connection: X-Real-IP, X-Forwarded-Port',
      'X-Real-IP: said',
      'X-Forwarded-Port: said',
      'X_Forwarded_For: disguised',
      'X_Request_Id: disguised',
    );
    expect([fields['x-real-ip'], fields['x-forwarded-port']]).toEqual([['said'], ['said']]);
    expect(JSON.stringify(fields)).not.toContain('disguised');
  });
});

describe('W3C Trace Context: traceparent and tracestate', () => {
  it('pass as they came, also where Connection nominates them', async () => {
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const said = [`traceparent: ${parent}`, 'tracestate: a=1', 'tracestate: b=2'];
    for (const more of [[], ['Connection: traceparent, tracestate']]) {
      const fields = await told([], ...said, ...more);
      expect([fields['traceparent'], fields['tracestate']]).toEqual([[parent], ['a=1', 'b=2']]);
    }
  });
});
