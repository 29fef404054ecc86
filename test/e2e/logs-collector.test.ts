import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LoggedStage, logBySdk, openLoggedStage } from '../support/logged-stage.ts';
import { type Collector, collectorBinary, startCollector } from '../support/otel-collector.ts';
import { serviceOrSkip } from '../support/require-service.ts';

serviceOrSkip('go', await collectorBinary())("OpenTelemetry's collector", ({ path, remove }) => {
  let stage: LoggedStage;
  let collector: Collector | null = null;

  beforeAll(async () => {
    stage = await openLoggedStage();
    collector = await startCollector(path, { endpoint: `${stage.url}/api/v1/otlp`, token: stage.sender });
  });
  afterAll(async () => {
    await collector?.close();
    await stage.close();
    remove();
  });

  it('passes on the logs that it is sent, with gzip', async () => {
    await logBySdk(new OTLPLogExporter({ url: `${collector?.url}/v1/logs` }));
    await expect.poll(() => stage.counted('canary'), { timeout: 30_000 }).toBe(3);
  });
});
