import { loki } from './loki.ts';
import { ndjson } from './ndjson.ts';
import { otlpJson } from './otlp-json.ts';
import { otlpProtobuf } from './otlp-protobuf.ts';
import { textFiles } from './text.ts';
import type { LogWay, LogWayName } from './way.ts';

/** Every form in which logs come in. */
const WAYS: readonly LogWay[] = [ndjson, otlpJson, otlpProtobuf, textFiles, loki];

export function wayNamed(name: LogWayName): LogWay {
  const found = WAYS.find((way) => way.name === name);
  if (!found) throw new Error(`no logs come in as ${name}`);
  return found;
}
