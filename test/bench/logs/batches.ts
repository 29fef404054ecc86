import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { LogBatch } from '../../../src/logs/thread/log-batch.ts';

/** Lines of a batch, as collectors send by default or less. */
export const LINES = 1_000;

interface Line {
  readonly severity: number;
  readonly level: string;
  readonly message: string;
  readonly version: 'v1' | 'v2';
  readonly fields: Readonly<Record<string, string>>;
}

const LOGGER = 'shop.Orders';

/** What a shop logs: mostly access lines with a dozen fields, some warnings, few errors; half of each version. */
function drawLines(): readonly Line[] {
  return Array.from({ length: LINES }, (_, at): Line => {
    const [level, severity, message] =
      at % 50 === 0
        ? (['error', 17, `order ${at * 7919} is not booked: amount is undefined`] as const)
        : at % 20 === 0
          ? (['warn', 13, `slow answer of the bank for card ${at * 104_729}: ${at % 900} ms`] as const)
          : (['info', 9, `GET /orders/${at * 7919} answered in ${at % 97} ms`] as const);
    const fields = {
      'trace.id': (at * 2_654_435_761).toString(16).padStart(32, '0'),
      'span.id': (at * 40_503).toString(16).padStart(16, '0'),
      'http.request.method': 'GET',
      'url.path': `/orders/${at * 7919}`,
      'http.response.status_code': '200',
      'user.id': `user-${at % 411}`,
      'host.name': `shop-${at % 7}`,
      'thread.name': `worker-${at % 16}`,
      'peer.service': at % 3 === 0 ? 'pricing' : 'bank',
    };
    return { level, severity, message, version: at % 2 === 0 ? 'v1' : 'v2', fields };
  });
}

const lines = drawLines();

const ndjson = Buffer.from(
  lines
    .map(
      ({ level, message, version, fields }) =>
        `${JSON.stringify({ level, message, version, logger: LOGGER, ...fields })}\n`,
    )
    .join(''),
);

const text = Buffer.from(lines.map(({ level, message }) => `${level.toUpperCase()} ${LOGGER}: ${message}\n`).join(''));

const write = (fill: (to: BinaryWriter) => unknown): Uint8Array => {
  const to = new BinaryWriter();
  fill(to);
  return to.finish();
};

const pair = (key: string, value: string) =>
  write((to) => {
    to.tag(1, 2).string(key);
    to.tag(2, 2).bytes(write((inner) => inner.tag(1, 2).string(value)));
  });

/** One resource for each version, as two processes' exporters behind one collector. */
const protobuf = Buffer.from(
  write((to) => {
    for (const version of ['v1', 'v2'] as const) {
      const resource = write((of) =>
        of.tag(1, 2).bytes(pair('service.name', 'shop')).tag(1, 2).bytes(pair('service.version', version)),
      );
      const scoped = write((of) => {
        of.tag(1, 2).bytes(write((scope) => scope.tag(1, 2).string(LOGGER)));
        for (const line of lines.filter((one) => one.version === version)) of.tag(2, 2).bytes(recordOf(line));
      });
      to.tag(1, 2).bytes(write((of) => of.tag(1, 2).bytes(resource).tag(2, 2).bytes(scoped)));
    }
  }),
);

function recordOf({ severity, message, fields }: Line): Uint8Array {
  return write((of) => {
    of.tag(2, 0).int32(severity);
    of.tag(5, 2).bytes(write((any) => any.tag(1, 2).string(message)));
    for (const [key, value] of Object.entries(fields)) of.tag(6, 2).bytes(pair(key, value));
  });
}

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

const json = Buffer.from(
  JSON.stringify({
    resourceLogs: ['v1', 'v2'].map((version) => ({
      resource: { attributes: [attribute('service.name', 'shop'), attribute('service.version', version)] },
      scopeLogs: [
        {
          scope: { name: LOGGER },
          logRecords: lines
            .filter((one) => one.version === version)
            .map(({ severity, message, fields }) => ({
              severityNumber: severity,
              body: { stringValue: message },
              attributes: Object.entries(fields).map(([key, value]) => attribute(key, value)),
            })),
        },
      ],
    })),
  }),
);

/** The same lines in every form; text has no fields, and is of one version. */
export const BATCHES: readonly { readonly name: string; readonly batch: LogBatch }[] = [
  { name: 'NDJSON', batch: batchOf('ndjson', ndjson, null) },
  { name: 'OTLP protobuf', batch: batchOf('otlp-protobuf', protobuf, null) },
  { name: 'OTLP JSON', batch: batchOf('otlp-json', json, null) },
  { name: 'text of a file', batch: batchOf('text', text, 'v1') },
];

function batchOf(way: LogBatch['way'], bytes: Buffer, version: string | null): LogBatch {
  return { way, bytes: new Uint8Array(bytes), coding: 'identity', route: 'shop', version };
}
