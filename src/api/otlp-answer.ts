import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** The two encodings of OTLP over HTTP; an answer has that of its request. */
export type OtlpEncoding = 'application/json' | 'application/x-protobuf';

/** ExportLogsServiceResponse: empty where all was taken, else how many records were not, and why. */
export function otlpTaken(c: Context, encoding: OtlpEncoding, rejected: number, why: string): Response {
  if (encoding === 'application/json') {
    const partialSuccess = { rejectedLogRecords: String(rejected), errorMessage: why };
    return c.body(JSON.stringify(rejected === 0 ? {} : { partialSuccess }), 200, { 'content-type': encoding });
  }
  const partial = Buffer.concat([Buffer.from([0x08]), varint(rejected), text(0x12, why)]);
  const body = rejected === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a]), varint(partial.length), partial]);
  return c.body(new Uint8Array(body), 200, { 'content-type': encoding });
}

/** A google.rpc.Status, which OTLP wants for every refusal. */
export function otlpRefused(
  c: Context,
  encoding: OtlpEncoding,
  refusal: {
    readonly status: ContentfulStatusCode;
    readonly message: string;
    readonly headers?: Record<string, string>;
  },
): Response {
  const { status, message, headers = {} } = refusal;
  const isJson = encoding === 'application/json';
  const body = isJson ? JSON.stringify({ message }) : new Uint8Array(text(0x12, message));
  return c.body(body, status, { 'content-type': encoding, ...headers });
}

/** A field of text (protobuf's wire type 2) with its tag. */
function text(tag: number, value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([tag]), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}
