import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { loki } from '../../src/logs/ways/loki.ts';
import { ndjson } from '../../src/logs/ways/ndjson.ts';
import { otlpJson } from '../../src/logs/ways/otlp-json.ts';
import { otlpProtobuf } from '../../src/logs/ways/otlp-protobuf.ts';
import { textFiles } from '../../src/logs/ways/text.ts';
import { logWayContract, type SentLine } from './log-way-contract.ts';

function jsonOf({ at, fields, ...line }: SentLine): string {
  // As the text of JSON has it: `__proto__` is a field like any other there.
  const more = Object.entries(fields).map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const first = JSON.stringify({ ...line, time: new Date(at).toISOString() });
  return `${first.slice(0, -1)}${more.join('')}}`;
}

const SEVERITY = { error: 17, warn: 13, info: 9, debug: 5 };
const attribute = (key: string, value: string | number) => ({
  key,
  value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
});

function otlpOf(lines: readonly SentLine[], more: readonly unknown[] = []): Buffer {
  const resourceLogs = lines.map(({ version, logger, at, level, message, fields }) => ({
    resource: { attributes: [attribute('service.version', version), attribute('service.name', 'shop')] },
    scopeLogs: [
      {
        scope: { name: logger },
        logRecords: [
          {
            timeUnixNano: `${at}000000`,
            severityNumber: SEVERITY[level],
            body: { stringValue: message },
            attributes: Object.entries(fields).map(([key, value]) => attribute(key, value)),
          },
          ...more,
        ],
      },
    ],
  }));
  return Buffer.from(JSON.stringify({ resourceLogs }));
}

const message = (write: (writer: BinaryWriter) => void) => {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
};
const pair = (key: string, value: string | number) =>
  message((to) => {
    to.tag(1, 2).string(key);
    to.tag(2, 2).bytes(
      message((inner) => (typeof value === 'string' ? inner.tag(1, 2).string(value) : inner.tag(3, 0).int64(value))),
    );
  });

function protobufOf(lines: readonly SentLine[], more: readonly Uint8Array[] = []): Buffer {
  const request = message((to) => {
    for (const { version, logger, at, level, message: body, fields } of lines) {
      const record = message((of) => {
        of.tag(1, 1).fixed64(BigInt(at) * 1_000_000n);
        of.tag(2, 0).int32(SEVERITY[level]);
        of.tag(5, 2).bytes(message((any) => any.tag(1, 2).string(body)));
        for (const [key, value] of Object.entries(fields)) of.tag(6, 2).bytes(pair(key, value));
        // trace_id, which is skipped.
        of.tag(9, 2).bytes(new Uint8Array(16));
      });
      const scoped = message((of) => {
        of.tag(1, 2).bytes(message((scope) => scope.tag(1, 2).string(logger)));
        for (const one of [record, ...more]) of.tag(2, 2).bytes(one);
      });
      const resource = message((of) => of.tag(1, 2).bytes(pair('service.version', version)));
      to.tag(1, 2).bytes(message((of) => of.tag(1, 2).bytes(resource).tag(2, 2).bytes(scoped)));
    }
  });
  return Buffer.from(request);
}

logWayContract('NDJSON', {
  way: ndjson,
  batch: (lines) => Buffer.from(lines.map(jsonOf).join('\n')),
  broken: (good) => Buffer.from(`${jsonOf(good)}\n{"level": "err\n${jsonOf(good)}\n`),
});

logWayContract('a file', {
  way: textFiles,
  batch: (lines) => Buffer.from(lines.map(jsonOf).join('\n')),
  broken: (good) => Buffer.from(`${jsonOf(good)}\n{"level": "err\n${jsonOf(good)}\n`),
});

logWayContract('OTLP in JSON', {
  way: otlpJson,
  batch: otlpOf,
  broken: (good) => {
    const [whole] = JSON.parse(otlpOf([good]).toString()).resourceLogs;
    return Buffer.from(JSON.stringify({ resourceLogs: [whole, { scopeLogs: [{ logRecords: [{}] }] }, whole] }));
  },
});

logWayContract('OTLP in protobuf', {
  way: otlpProtobuf,
  batch: protobufOf,
  broken: (good) => {
    const empty = message((to) => to.tag(2, 2).bytes(message((of) => of.tag(2, 2).bytes(new Uint8Array(0)))));
    const between = message((to) => to.tag(1, 2).bytes(empty));
    return Buffer.concat([protobufOf([good]), between, protobufOf([good])]);
  },
});

/** As Loki answers for lines of JSON: the version is a label. */
function streamsOf(lines: readonly SentLine[], more: readonly unknown[] = []): Buffer {
  const result = lines.map(({ version, ...line }) => ({
    stream: { app: 'shop', version, detected_level: line.level },
    values: [[`${line.at}000000`, jsonOf({ ...line, version: 'of the line' })], ...more],
  }));
  return Buffer.from(JSON.stringify({ status: 'success', data: { resultType: 'streams', result, stats: {} } }));
}

logWayContract('Loki', {
  way: loki,
  batch: streamsOf,
  broken: (good) => {
    const { data } = JSON.parse(streamsOf([good]).toString());
    const broken = [{ ...data.result[0], values: [['1800000000000000000', 17]] }];
    const result = [...data.result, ...broken, ...data.result];
    return Buffer.from(JSON.stringify({ status: 'success', data: { ...data, result } }));
  },
});
