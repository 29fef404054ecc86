import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoggedStage, logBySdk, openLoggedStage } from '../support/logged-stage.ts';

let stage: LoggedStage;

beforeAll(async () => {
  stage = await openLoggedStage();
});
afterAll(() => stage.close());

describe('logs that come in', () => {
  const headers = () => ({ authorization: `Bearer ${stage.sender}` });
  const otlp = () => `${stage.url}/api/v1/otlp`;

  it.each([
    ['in JSON', () => new JsonExporter({ url: `${otlp()}/v1/logs`, headers: headers() })],
    ['in protobuf', () => new ProtobufExporter({ url: `${otlp()}/v1/logs`, headers: headers() })],
  ])("are taken from OpenTelemetry's SDK of Node %s", async (_, open) => {
    const before = await stage.counted('canary');
    await logBySdk(open());
    expect(await stage.counted('canary')).toBe(before + 3);
  });

  it('are taken as lines of JSON, inflated or not, and from no other role', async () => {
    const before = await stage.counted('stable');
    const line = '{"level":"error","message":"no card","version":"v1"}\n';
    const post = (body: string | Uint8Array<ArrayBuffer>, more: Record<string, string> = {}) =>
      fetch(`${stage.url}/api/v1/logs?route=shop`, {
        method: 'POST',
        headers: { ...headers(), 'content-type': 'application/x-ndjson', ...more },
        body,
      });
    const answer = await post(`${line}{"level":\n{"message":"x","version":"v9"}\n`);
    expect(await answer.json()).toMatchObject({ counts: { counted: 1, malformed: 1, unknownVersion: 1 } });
    expect((await post(new Uint8Array(gzipSync(line)), { 'content-encoding': 'gzip' })).status).toBe(200);
    expect(await stage.counted('stable')).toBe(before + 2);
    const asReader = await fetch(new URL('/api/v1/rollouts', stage.url), { headers: headers() });
    expect(asReader.status).toBe(403);
  });

  it('are of the version that their sender is bound to, and of no other route', async () => {
    const before = await stage.counted('stable');
    const token = await stage.boundTo({ route: 'shop', version: 'v1' });
    const post = (route: string) =>
      fetch(`${stage.url}/api/v1/logs?route=${route}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
        body: '{"message":"x","version":"v2"}\n',
      });
    expect((await post('shop')).status).toBe(200);
    expect(await stage.counted('stable')).toBe(before + 1);
    expect((await post('other')).status).toBe(403);
    // Its route is known, and need not be said.
    const unsaid = await fetch(`${stage.url}/api/v1/logs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
      body: '{"message":"x"}\n',
    });
    expect([unsaid.status, await unsaid.json()]).toEqual([200, expect.objectContaining({ route: 'shop' })]);
    expect(await stage.counted('stable')).toBe(before + 2);
  });

  it('are read from files as they grow', async () => {
    const before = [await stage.counted('stable'), await stage.counted('canary')] as const;
    writeFileSync(join(stage.folder, 'shop.log'), '{"level":"error","message":"no card","version":"v2"}\n');
    appendFileSync(join(stage.folder, 'v1.log'), '2027-01-15 08:00:00 ERROR no card\n\tat pay.Charge\n');
    await expect.poll(() => stage.counted('stable'), { timeout: 30_000 }).toBe(before[0] + 1);
    await expect.poll(() => stage.counted('canary'), { timeout: 30_000 }).toBe(before[1] + 1);
  });

  it('refuse an exporter that is not OTLP with a status that it understands', async () => {
    const post = (type: string, body: string) =>
      fetch(`${otlp()}/v1/logs`, { method: 'POST', headers: { ...headers(), 'content-type': type }, body });
    expect((await post('text/plain', '')).status).toBe(415);
    const refused = await post('application/x-protobuf', 'no protobuf');
    expect([refused.status, refused.headers.get('content-type')]).toEqual([400, 'application/x-protobuf']);
    const unrouted = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'x' } }] }] }] };
    const partial = await post('application/json', JSON.stringify(unrouted));
    expect(await partial.json()).toMatchObject({ partialSuccess: { rejectedLogRecords: '1' } });
  });
});
